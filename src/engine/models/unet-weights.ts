import type { UNetConfig } from './diffusers-config.js';
import type { AttentionNames } from './diffusers-unet.js';
import type { ResnetLayout, UNetLayout } from './unet-layout.js';

/** Name and shape of every weight that the UNet has. */
export function unetWeightShapes(
  config: UNetConfig,
  layout: UNetLayout,
  names: AttentionNames,
): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const first = config.blockOutChannels[0] ?? 0;
  const embedding = config.timeEmbeddingWidth;
  const affine = (name: string, shape: readonly number[]) => {
    shapes.set(`${name}.weight`, shape);
    shapes.set(`${name}.bias`, [shape[0] ?? 0]);
  };
  const resnet = ({ name, inChannels, outChannels }: ResnetLayout) => {
    affine(`${name}.norm1`, [inChannels]);
    affine(`${name}.conv1`, [outChannels, inChannels, 3, 3]);
    affine(`${name}.time_emb_proj`, [config.timeScaleShift === 'default' ? outChannels : 2 * outChannels, embedding]);
    affine(`${name}.norm2`, [outChannels]);
    affine(`${name}.conv2`, [outChannels, outChannels, 3, 3]);
    if (inChannels !== outChannels) affine(`${name}.conv_shortcut`, [outChannels, inChannels, 1, 1]);
  };
  const attend = (name: string, channels: number, normalised = true) => {
    const inner = attentionWidth(config, channels);
    if (normalised) affine(`${name}.group_norm`, [channels]);
    for (const part of [names.query, names.key, names.value]) affine(`${name}.${part}`, [inner, channels]);
    affine(`${name}.${names.out}`, [channels, inner]);
  };
  if (config.timeEmbedding === 'fourier') shapes.set('time_proj.weight', [first]);
  if (config.timeEmbedding === 'learned') shapes.set('time_proj.weight', [config.embeddedTimesteps ?? 0, first]);
  const embeds = (name: string) => {
    affine(`${name}.linear_1`, [
      embedding,
      config.timeEmbedding === 'fourier' ? 2 * first : (config.timeFeatures ?? first),
    ]);
    affine(`${name}.linear_2`, [embedding, embedding]);
  };
  embeds('time_embedding');
  if (config.classEmbedding?.kind === 'timestep') embeds('class_embedding');
  if (config.classEmbedding?.kind === 'table')
    shapes.set('class_embedding.weight', [config.classEmbedding.classes, embedding]);
  affine('conv_in', [first, config.inChannels, 3, 3]);
  for (const { blocks, resample, resampleBlock } of [...layout.down, ...layout.up]) {
    for (const block of blocks) {
      resnet(block);
      if (block.attention) attend(block.attention, block.outChannels);
    }
    const channels = blocks[0]?.outChannels ?? 0;
    if (resample) affine(resample, [channels, channels, 3, 3]);
    if (resampleBlock) resnet(resampleBlock);
  }
  if (config.midBlock) {
    resnet(layout.mid.first);
    if (layout.mid.attention) attend(layout.mid.attention, layout.mid.channels, config.midAttentionGroups !== null);
    resnet(layout.mid.last);
  }
  affine('conv_norm_out', [first]);
  affine('conv_out', [config.outChannels, first, 3, 3]);
  return shapes;
}

/** Heads of an attention over `channels`. */
export function attentionHeads(
  { heads, headChannels }: Pick<UNetConfig, 'heads' | 'headChannels'>,
  channels: number,
): number {
  if (heads !== undefined) return heads;
  return headChannels === null ? 1 : Math.max(1, Math.floor(channels / headChannels));
}

/** Channels of all heads together: fewer than the image's where their size does not divide these. */
export function attentionWidth({ headChannels }: Pick<UNetConfig, 'headChannels'>, channels: number): number {
  return headChannels === null || headChannels > channels ? channels : channels - (channels % headChannels);
}
