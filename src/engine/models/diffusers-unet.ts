import {
  type Affine,
  activate,
  attention,
  averagePool,
  conv3x3,
  groupNorm,
  linear,
  upsampleConv,
  upsampleNearest,
} from '../diffusion/layers.js';
import type { Encoded, Shared } from '../diffusion/model.js';
import type { Value } from '../graph/graph.js';
import type { FloatTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import { applies } from '../passes.js';
import type { UNetConfig } from './diffusers-config.js';
import { type Entered, enterJoined } from './shared-skips.js';
import type { ResnetLayout, UNetLayout } from './unet-layout.js';
import { attentionHeads } from './unet-weights.js';

/** Gives a weight as a value of the tape: a constant of a frozen model, an input of one that is trained. */
export type WeightLookup = (name: string) => Value;

/** Names of the four projections of an attention: today's, and those of 2022. */
export type AttentionNames = Readonly<Record<'query' | 'key' | 'value' | 'out', string>>;
export const ATTENTION_NAMES: AttentionNames = { query: 'to_q', key: 'to_k', value: 'to_v', out: 'to_out.0' };
export const OLD_ATTENTION_NAMES: AttentionNames = { query: 'query', key: 'key', value: 'value', out: 'proj_attn' };

/** The class that a model of classes is asked for: its number, and that number's features where the model embeds it. */
export interface ClassLabel {
  readonly index: number;
  readonly features: FloatTensor;
}

/** Records a `UNet2DModel` on a tape, in two halves around the mid block's output. */
export class UNetRecorder {
  constructor(
    private readonly tape: Tape,
    private readonly config: UNetConfig,
    private readonly layout: UNetLayout,
    private readonly names: AttentionNames,
    private readonly weight: WeightLookup,
    private readonly label: ClassLabel | null = null,
  ) {}

  /** x `[N,C,H,W]`, features `[1 or N, featureCount]` of the timestep → h, skips and time embedding. */
  encode(input: Value, features: Value): Encoded {
    const { tape, config, layout } = this;
    const fourier = config.timeEmbedding === 'fourier';
    // Models of Fourier features divide by the timestep: its inverse is the last feature.
    const [waves, outputScale] = fourier ? tape.split(features, [(features.shape[1] ?? 1) - 1, 1], 1) : [features];
    const temb = this.withClass(this.embed(waves as Value, 'time_embedding'));
    const centred = config.centerInput ? tape.sub(tape.mul(input, tape.scalar(2)), tape.scalar(1)) : input;
    let x = conv3x3(tape, centred, this.affine('conv_in'));
    const skips = [x];
    for (const level of layout.down) {
      for (const block of level.blocks) {
        x = this.block(x, temb, block);
        skips.push(x);
      }
      if (level.resample) x = this.downsample(x, level.resample);
      if (level.resampleBlock) x = this.resnet(x, temb, level.resampleBlock, 'down');
      if (level.resample || level.resampleBlock) skips.push(x);
    }
    const scale = outputScale ? { outputScale } : {};
    if (!config.midBlock) return { h: x, skips, temb, ...scale };
    x = this.resnet(x, temb, layout.mid.first);
    if (layout.mid.attention) x = this.attend(x, layout.mid.attention);
    return { h: this.resnet(x, temb, layout.mid.last), skips, temb, ...scale };
  }

  /** h `[N,Ch,Hh,Wh]` → the model's output `[N,C,H,W]`. */
  decode(h: Value, { skips, temb, outputScale, shared }: Encoded): Value {
    const { tape, config } = this;
    const left = [...skips];
    let x = h;
    for (const level of this.layout.up) {
      for (const block of level.blocks) x = this.joinedBlock(x, left.pop() as Value, temb, block, shared);
      if (level.resample) x = upsampleConv(tape, x, this.affine(level.resample));
      if (level.resampleBlock) x = this.resnet(x, temb, level.resampleBlock, 'up');
    }
    const normal = tape.silu(this.norm(x, 'conv_norm_out'));
    const out = conv3x3(tape, normal, this.affine('conv_out'));
    // Models of learned variance: the first C channels predict the image, the rest its variance.
    const image = tape.slice(out, [0], [config.inChannels], [1]);
    return outputScale ? tape.mul(image, tape.reshape(outputScale, [outputScale.shape[0] ?? 1, 1, 1, 1])) : image;
  }

  private embed(features: Value, name: string): Value {
    const { tape } = this;
    const hidden = tape.silu(linear(tape, features, this.affine(`${name}.linear_1`)));
    return linear(tape, hidden, this.affine(`${name}.linear_2`));
  }

  private withClass(temb: Value): Value {
    const { tape, label, config } = this;
    if (!label || !config.classEmbedding) return temb;
    if (config.classEmbedding.kind === 'timestep')
      return tape.add(temb, this.embed(tape.constant(label.features), 'class_embedding'));
    const table = this.weight('class_embedding.weight');
    return tape.add(temb, tape.slice(table, [label.index], [label.index + 1], [0]));
  }

  private activate(x: Value): Value {
    return activate(this.tape, x, this.config.activation);
  }

  private affine(name: string): Affine {
    return { weight: this.weight(`${name}.weight`), bias: this.weight(`${name}.bias`) };
  }

  private norm(x: Value, name: string): Value {
    return groupNorm(this.tape, x, this.config.normGroups, this.config.normEpsilon, this.affine(name));
  }

  private block(x: Value, temb: Value, layout: ResnetLayout): Value {
    return this.attended(this.resnet(x, temb, layout), layout);
  }

  /** Over x joined with a skip. */
  private joinedBlock(x: Value, skip: Value, temb: Value, layout: ResnetLayout, shared: Shared | undefined): Value {
    const entered = shared && applies('shared-skips') && this.enterJoined(x, skip, layout, shared);
    if (!entered) return this.block(this.tape.concat([x, skip], 1), temb, layout);
    return this.attended(this.finish(entered, temb, layout), layout);
  }

  private attended(x: Value, { attention }: ResnetLayout): Value {
    return attention ? this.attend(x, attention) : x;
  }

  private enterJoined(x: Value, skip: Value, layout: ResnetLayout, shared: Shared): Entered | null {
    const { name, inChannels, outChannels } = layout;
    if (inChannels === outChannels) return null;
    const { normGroups: groups, normEpsilon: epsilon } = this.config;
    const norm = this.affine(`${name}.norm1`);
    const convolution = this.affine(`${name}.conv1`);
    const shortcut = this.affine(`${name}.conv_shortcut`);
    const activation = (value: Value) => this.activate(value);
    const entry = { name, groups, epsilon, norm, convolution, shortcut, activate: activation };
    return enterJoined(this.tape, x, skip, entry, shared);
  }

  private resnet(x: Value, temb: Value, layout: ResnetLayout, resample: 'down' | 'up' | null = null): Value {
    const { tape } = this;
    const { name, inChannels, outChannels } = layout;
    const entering = this.activate(this.norm(x, `${name}.norm1`));
    const first = this.firstConvolution(entering, this.affine(`${name}.conv1`), resample);
    const resampled = resample === 'down' ? averagePool(tape, x) : resample === 'up' ? upsampleNearest(tape, x) : x;
    if (inChannels === outChannels) return this.finish({ first, shortcut: resampled }, temb, layout);
    const { weight, bias } = this.affine(`${name}.conv_shortcut`);
    return this.finish({ first, shortcut: tape.conv(resampled, weight, bias) }, temb, layout);
  }

  /** A residual block from its first convolution on. */
  private finish({ first, shortcut }: Entered, temb: Value, { name, outChannels }: ResnetLayout): Value {
    const { tape, config } = this;
    const projected = linear(tape, this.activate(temb), this.affine(`${name}.time_emb_proj`));
    const conditioned = this.condition(first, projected, name, outChannels);
    const second = conv3x3(tape, this.activate(conditioned), this.affine(`${name}.conv2`));
    const sum = tape.add(shortcut, second);
    const isMid = name.startsWith('mid_block.');
    return isMid && config.midScaleFactor !== 1 ? tape.div(sum, tape.scalar(config.midScaleFactor)) : sum;
  }

  private firstConvolution(x: Value, affine: Affine, resample: 'down' | 'up' | null): Value {
    if (resample === 'up') return upsampleConv(this.tape, x, affine);
    return conv3x3(this.tape, resample === 'down' ? averagePool(this.tape, x) : x, affine);
  }

  /** Time embedding and second normalisation: added before it, or scaling and shifting its result. */
  private condition(x: Value, projected: Value, name: string, channels: number): Value {
    const { tape, config } = this;
    const rows = projected.shape[0] ?? 1;
    const spatial = (value: Value) => tape.reshape(value, [rows, channels, 1, 1]);
    if (config.timeScaleShift === 'default') return this.norm(tape.add(x, spatial(projected)), `${name}.norm2`);
    const [scale, shift] = tape.split(projected, [channels, channels], 1);
    const scaled = tape.mul(this.norm(x, `${name}.norm2`), tape.add(spatial(scale as Value), tape.scalar(1)));
    return tape.add(scaled, spatial(shift as Value));
  }

  private attend(x: Value, name: string): Value {
    const { tape, config, names } = this;
    const isMid = name.startsWith('mid_block.');
    const groups = isMid ? config.midAttentionGroups : config.normGroups;
    const normal =
      groups === null ? x : groupNorm(tape, x, groups, config.normEpsilon, this.affine(`${name}.group_norm`));
    const channels = x.shape[1] ?? 1;
    const heads = attentionHeads(config, channels);
    const part = (key: keyof AttentionNames) => this.affine(`${name}.${names[key]}`);
    const parts = { query: part('query'), key: part('key'), value: part('value'), out: part('out') };
    const sum = tape.add(attention(tape, normal, heads, parts), x);
    return isMid && config.midScaleFactor !== 1 ? tape.div(sum, tape.scalar(config.midScaleFactor)) : sum;
  }

  /** Padding 0 in the configuration stands for one row below and one column to the right. */
  private downsample(x: Value, name: string): Value {
    const { weight, bias } = this.affine(name);
    const pads = this.config.downsamplePadding === 0 ? ([0, 0, 1, 1] as const) : ([1, 1, 1, 1] as const);
    return this.tape.conv(x, weight, bias, { strides: [2, 2], pads });
  }
}
