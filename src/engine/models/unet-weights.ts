import type { UNetConfig } from './diffusers-config.js';
import { type AttentionNames } from './diffusers-unet.js';
import type { ResnetLayout, UNetLayout } from './unet-layout.js';

/** Name and shape of every weight that the UNet has. */
export function unetWeightShapes(
  config: UNetConfig,
  layout: UNetLayout,
  names: AttentionNames,
): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const first = config.blockOutChannels[0] ?? 0;
  const embedding = first * 4;
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
    if (normalised) affine(`${name}.group_norm`, [channels]);
    for (const part of Object.values(names)) affine(`${name}.${part}`, [channels, channels]);
  };
  affine('time_embedding.linear_1', [embedding, first]);
  affine('time_embedding.linear_2', [embedding, embedding]);
  affine('conv_in', [first, config.inChannels, 3, 3]);
  for (const { blocks, resample } of [...layout.down, ...layout.up]) {
    for (const block of blocks) {
      resnet(block);
      if (block.attention) attend(block.attention, block.outChannels);
    }
    const channels = blocks[0]?.outChannels ?? 0;
    if (resample) affine(resample, [channels, channels, 3, 3]);
  }
  resnet(layout.mid.first);
  if (layout.mid.attention) attend(layout.mid.attention, layout.mid.channels, config.midAttentionGroups !== null);
  resnet(layout.mid.last);
  affine('conv_norm_out', [first]);
  affine('conv_out', [config.outChannels, first, 3, 3]);
  return shapes;
}
