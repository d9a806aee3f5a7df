import { type Affine, activate, attention, conv3x3, groupNorm, upsampleConv } from '../diffusion/layers.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import type { AutoencoderConfig } from './autoencoder-config.js';
import { type AutoencoderLayout, type HalfLayout } from './autoencoder-layout.js';
import { nearestRows } from './codebook.js';
import type { AttentionNames, WeightLookup } from './diffusers-unet.js';
import type { ResnetLayout } from './unet-layout.js';

const EPSILON = 1e-6;

/** Records the two halves of a `VQModel` or an `AutoencoderKL` on a tape. */
export class AutoencoderRecorder {
  constructor(
    private readonly tape: Tape,
    private readonly config: AutoencoderConfig,
    private readonly layout: AutoencoderLayout,
    private readonly names: AttentionNames,
    private readonly weight: WeightLookup,
    /** `[codes, sampleChannels]`. */
    private readonly codebook: FloatTensor | null,
  ) {}

  /** The UNet's samples `[N,Cz,Hz,Wz]` → images `[N,C,H,W]` in about [-1,1]. */
  decode(samples: Value): Value {
    const { tape, config, codebook } = this;
    const latents = tape.add(tape.div(samples, this.perChannel(config.scale)), this.perChannel(config.shift));
    const rounded = codebook ? this.quantise(latents, codebook) : latents;
    const entering = config.postQuantConv ? this.pointwise(rounded, 'post_quant_conv') : rounded;
    let x = this.mid(conv3x3(tape, entering, this.affine('decoder.conv_in')), this.layout.decoder);
    for (const { blocks, resample } of this.layout.decoder.levels) {
      for (const block of blocks) x = this.block(x, block);
      if (resample) x = upsampleConv(tape, x, this.affine(resample));
    }
    return this.leave(x, 'decoder');
  }

  /** Images → samples as the UNet makes them, not rounded to the codebook; of a variational encoder their mean. */
  encode(images: Value): Value {
    const { tape, config } = this;
    let x = conv3x3(tape, images, this.affine('encoder.conv_in'));
    for (const { blocks, resample } of this.layout.encoder.levels) {
      for (const block of blocks) x = this.block(x, block);
      if (!resample) continue;
      const { weight, bias } = this.affine(resample);
      x = tape.conv(x, weight, bias, { strides: [2, 2], pads: [0, 0, 1, 1] });
    }
    x = this.leave(this.mid(x, this.layout.encoder), 'encoder');
    const moments = config.quantConv ? this.pointwise(x, 'quant_conv') : x;
    const latents = tape.slice(moments, [0], [config.sampleChannels], [1]);
    return tape.mul(tape.sub(latents, this.perChannel(config.shift)), this.perChannel(config.scale));
  }

  /** Each pixel's nearest entry of the codebook; backward it is as if nothing had been rounded (arXiv 1711.00937). */
  private quantise(x: Value, codebook: FloatTensor): Value {
    const { tape } = this;
    const [n, c, h, w] = x.shape as [number, number, number, number];
    const pixels = tape.reshape(tape.transpose(x, [0, 2, 3, 1]), [n * h * w, c]);
    const nearest = tape.transpose(tape.reshape(nearestRows(tape, pixels, codebook), [n, h, w, c]), [0, 3, 1, 2]);
    return tape.add(x, tape.sub(nearest, tape.stopGradient(x)));
  }

  private mid(x: Value, { first, attention, last }: HalfLayout): Value {
    const y = this.resnet(x, first);
    return this.resnet(attention ? this.attend(y, attention) : y, last);
  }

  private block(x: Value, layout: ResnetLayout): Value {
    const y = this.resnet(x, layout);
    return layout.attention ? this.attend(y, layout.attention) : y;
  }

  private resnet(x: Value, { name, inChannels, outChannels }: ResnetLayout): Value {
    const { tape } = this;
    const half = (y: Value, index: 1 | 2) =>
      conv3x3(tape, this.activate(this.norm(y, `${name}.norm${index}`)), this.affine(`${name}.conv${index}`));
    const shortcut = inChannels === outChannels ? x : this.pointwise(x, `${name}.conv_shortcut`);
    return tape.add(shortcut, half(half(x, 1), 2));
  }

  private attend(x: Value, name: string): Value {
    const part = (key: keyof AttentionNames) => this.affine(`${name}.${this.names[key]}`);
    const parts = { query: part('query'), key: part('key'), value: part('value'), out: part('out') };
    return this.tape.add(attention(this.tape, this.norm(x, `${name}.group_norm`), 1, parts), x);
  }

  private leave(x: Value, half: 'encoder' | 'decoder'): Value {
    const normal = this.tape.silu(this.norm(x, `${half}.conv_norm_out`));
    return conv3x3(this.tape, normal, this.affine(`${half}.conv_out`));
  }

  private pointwise(x: Value, name: string): Value {
    const { weight, bias } = this.affine(name);
    return this.tape.conv(x, weight, bias);
  }

  private norm(x: Value, name: string): Value {
    return groupNorm(this.tape, x, this.config.normGroups, EPSILON, this.affine(name));
  }

  private activate(x: Value): Value {
    return activate(this.tape, x, this.config.activation);
  }

  private affine(name: string): Affine {
    return { weight: this.weight(`${name}.weight`), bias: this.weight(`${name}.bias`) };
  }

  private perChannel(values: readonly number[]): Value {
    return this.tape.constant(floatTensor([1, values.length, 1, 1], Float32Array.from(values)));
  }
}
