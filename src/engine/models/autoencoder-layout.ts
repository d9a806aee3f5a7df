import type { AutoencoderConfig } from './autoencoder-config.js';
import type { AttentionNames } from './diffusers-unet.js';
import type { LevelLayout, ResnetLayout } from './unet-layout.js';

/** One half: its levels in the order in which they run, and the block at the bottleneck. */
export interface HalfLayout {
  readonly levels: readonly Pick<LevelLayout, 'blocks' | 'resample'>[];
  readonly first: ResnetLayout;
  readonly attention: string | null;
  readonly last: ResnetLayout;
}

export interface AutoencoderLayout {
  readonly encoder: HalfLayout;
  readonly decoder: HalfLayout;
}

/** Channels and module paths of every block, as diffusers' `Encoder` and `Decoder` lay them out. */
export function autoencoderLayout(config: AutoencoderConfig): AutoencoderLayout {
  const { blockOutChannels, layersPerBlock: layers } = config;
  const inward = [...blockOutChannels];
  const outward = [...blockOutChannels].reverse();
  return {
    encoder: half('encoder.down_blocks', 'downsamplers', inward, inward[0] ?? 0, layers, config.downAttention, config),
    decoder: half('decoder.up_blocks', 'upsamplers', outward, outward[0] ?? 0, layers + 1, config.upAttention, config),
  };
}

function half(
  path: string,
  resampler: string,
  channels: readonly number[],
  entering: number,
  layers: number,
  attention: readonly boolean[],
  { blockOutChannels, midAttention }: AutoencoderConfig,
): HalfLayout {
  const levels = channels.map((outChannels, level) => ({
    blocks: Array.from({ length: layers }, (_, index) => ({
      name: `${path}.${level}.resnets.${index}`,
      inChannels: index === 0 ? (channels[level - 1] ?? entering) : outChannels,
      outChannels,
      attention: attention[level] ? `${path}.${level}.attentions.${index}` : null,
    })),
    resample: level < channels.length - 1 ? `${path}.${level}.${resampler}.0.conv` : null,
  }));
  const mid = `${path.split('.')[0]}.mid_block`;
  const inner = blockOutChannels.at(-1) ?? 0;
  const resnet = (index: number) => ({
    name: `${mid}.resnets.${index}`,
    inChannels: inner,
    outChannels: inner,
    attention: null,
  });
  return { levels, first: resnet(0), attention: midAttention ? `${mid}.attentions.0` : null, last: resnet(1) };
}

/** Name and shape of every weight of an autoencoder. */
export function autoencoderWeightShapes(
  config: AutoencoderConfig,
  layout: AutoencoderLayout,
  names: AttentionNames,
): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const affine = (name: string, shape: readonly number[]) => {
    shapes.set(`${name}.weight`, shape);
    shapes.set(`${name}.bias`, [shape[0] ?? 0]);
  };
  const attend = (name: string, channels: number) => {
    affine(`${name}.group_norm`, [channels]);
    for (const part of Object.values(names)) affine(`${name}.${part}`, [channels, channels]);
  };
  const block = ({ name, inChannels, outChannels, attention }: ResnetLayout) => {
    affine(`${name}.norm1`, [inChannels]);
    affine(`${name}.conv1`, [outChannels, inChannels, 3, 3]);
    affine(`${name}.norm2`, [outChannels]);
    affine(`${name}.conv2`, [outChannels, outChannels, 3, 3]);
    if (inChannels !== outChannels) affine(`${name}.conv_shortcut`, [outChannels, inChannels, 1, 1]);
    if (attention) attend(attention, outChannels);
  };
  const { latentChannels: latent, sampleChannels: sample, imageChannels: image, blockOutChannels: channels } = config;
  const [outer, inner] = [channels[0] ?? 0, channels.at(-1) ?? 0];
  const made = config.isVariational ? 2 * latent : latent;
  affine('encoder.conv_in', [outer, image, 3, 3]);
  affine('encoder.conv_norm_out', [inner]);
  affine('encoder.conv_out', [made, inner, 3, 3]);
  affine('decoder.conv_in', [inner, latent, 3, 3]);
  affine('decoder.conv_norm_out', [outer]);
  affine('decoder.conv_out', [image, outer, 3, 3]);
  if (config.quantConv) affine('quant_conv', [config.isVariational ? made : sample, made, 1, 1]);
  if (config.postQuantConv) affine('post_quant_conv', [latent, sample, 1, 1]);
  if (config.codes !== null) shapes.set('quantize.embedding.weight', [config.codes, sample]);
  for (const { levels, first, attention, last } of [layout.encoder, layout.decoder]) {
    for (const { blocks, resample } of levels) {
      for (const each of blocks) block(each);
      const width = blocks[0]?.outChannels ?? 0;
      if (resample) affine(resample, [width, width, 3, 3]);
    }
    block({ ...first, attention });
    block(last);
  }
  return shapes;
}
