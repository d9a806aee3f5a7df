import { type UNetConfig, USUAL_OPTIONS } from '../diffusers-config.js';
import { unetLayout } from '../unet-layout.js';
import { type Architecture, type Understood, type WeightSource } from './architecture.js';
import type { CheckpointSettings } from './checkpoint-settings.js';
import { imageSize } from './image-size.js';
import { asMatrix, type Naming, sourcesOf } from './naming.js';
import { checkLevels, type ShapeTable } from './shape-table.js';

const GROUPS = 32;

/**
 * The UNet of "Denoising Diffusion Probabilistic Models" as ermongroup/ddim, pesser/pytorch_diffusion and SDEdit have it in
 * PyTorch: `UNet2DModel` computes the same, with other names and options.
 */
export const DDPM: Architecture = {
  format: 'ddpm',
  marker: 'down.0.block.0.norm1.weight',
  tap: 'mid.block_2',
  understand,
};

function understand(table: ShapeTable, settings: CheckpointSettings): Understood {
  const levels = table.count((level) => `down.${level}.block.0.norm1.weight`);
  const blocks = table.count((block) => `down.0.block.${block}.norm1.weight`);
  const all = Array.from({ length: levels }, (_, level) => level);
  const channels = all.map((level) => table.extent(`down.${level}.block.0.conv1.weight`, 0));
  checkLevels(table, channels, blocks, GROUPS);
  const first = table.extent('conv_in.weight', 0);
  refuseUnbuilt(table, first, channels);
  const { size, warnings } = imageSize(table, settings, channels, first);
  const attends = all.map((level) => table.has(`down.${level}.attn.0.norm.weight`));
  const config: UNetConfig = {
    ...USUAL_OPTIONS,
    sampleSize: [size, size],
    inChannels: table.extent('conv_in.weight', 1),
    outChannels: table.extent('conv_out.weight', 0),
    blockOutChannels: channels,
    layersPerBlock: blocks,
    downBlocks: attends.map((attention) => (attention ? 'AttnDownBlock2D' : 'DownBlock2D')),
    upBlocks: attends.map((attention) => (attention ? 'AttnUpBlock2D' : 'UpBlock2D')).reverse(),
    midAttention: table.has('mid.attn_1.norm.weight'),
    midAttentionGroups: GROUPS,
    headChannels: null,
    downsamplePadding: 0,
    timeEmbeddingWidth: table.extent('temb.dense.1.weight', 0),
    flipSinToCos: false,
    freqShift: 1,
    normGroups: GROUPS,
    normEpsilon: 1e-6,
    centerInput: false,
    timeScaleShift: 'default',
    midScaleFactor: 1,
  };
  // A variance for every timestep, of the "bayesian" type, which sampling does not use.
  const ignored = table.names.filter((name) => name === 'logvar');
  return { config, sources: sourcesOf(unetLayout(config), NAMING), ignored, warnings };
}

function refuseUnbuilt(table: ShapeTable, first: number, channels: readonly number[]): void {
  if (first !== channels[0])
    throw table.invalid(
      `conv_in makes ${first} channels and the first level ${channels[0]}; only equal ones are built`,
    );
  if (channels.length > 1 && !table.has('down.0.downsample.conv.weight'))
    throw table.invalid('down.0.downsample has no convolution; resampling without one is not built');
}

const NAMING: Naming = {
  timeEmbedding: ['temb.dense.0', 'temb.dense.1'],
  convIn: 'conv_in',
  normOut: 'norm_out',
  convOut: 'conv_out',
  mid: { first: 'mid.block_1', attention: 'mid.attn_1', last: 'mid.block_2' },
  down: (level, block) => ({ resnet: `down.${level}.block.${block}`, attention: `down.${level}.attn.${block}` }),
  up: (level, block) => ({ resnet: `up.${level}.block.${block}`, attention: `up.${level}.attn.${block}` }),
  downsampler: (level) => `down.${level}.downsample.conv`,
  upsampler: (level) => `up.${level}.upsample.conv`,
  resnetParts: ['norm1', 'conv1', 'temb_proj', 'norm2', 'conv2', 'nin_shortcut'],
  attention: (name) => {
    const parts = { group_norm: 'norm', to_q: 'q', to_k: 'k', to_v: 'v', 'to_out.0': 'proj_out' };
    const both = ([part, key]: [string, string]): [string, WeightSource][] => [
      [`${part}.weight`, { key: `${name}.${key}.weight`, make: asMatrix }],
      [`${part}.bias`, { key: `${name}.${key}.bias` }],
    ];
    return Object.fromEntries(Object.entries(parts).flatMap(both));
  },
};
