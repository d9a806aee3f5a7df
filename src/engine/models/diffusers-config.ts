import type { Activation } from '../diffusion/layers.js';
import type { ScheduleConfig } from '../diffusion/schedule.js';
import { EngineError } from '../errors.js';
import { UNET_MEANINGS } from './config-meanings.js';
import { ConfigReader } from './config-reader.js';
import type { ConfigFinding } from './loaded-model.js';
import { readScheduleConfig } from './schedule-config.js';

const DOWN_BLOCKS = ['DownBlock2D', 'AttnDownBlock2D', 'ResnetDownsampleBlock2D'] as const;
const UP_BLOCKS = ['UpBlock2D', 'AttnUpBlock2D', 'ResnetUpsampleBlock2D'] as const;

/** What halves or doubles the image: a convolution, or a residual block that does so inside. */
export type ResampleType = 'conv' | 'resnet';

/** A diffusers `UNet2DModel` configuration, validated; names as there. */
export interface UNetConfig {
  readonly sampleSize: readonly [number, number];
  readonly inChannels: number;
  readonly outChannels: number;
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  readonly downBlocks: readonly (typeof DOWN_BLOCKS)[number][];
  readonly upBlocks: readonly (typeof UP_BLOCKS)[number][];
  /** Of blocks with attention; the others convolve. */
  readonly downsampleType: ResampleType;
  readonly upsampleType: ResampleType;
  readonly activation: Activation;
  readonly midBlock: boolean;
  readonly midAttention: boolean;
  /** Groups of the normalisation before the mid block's attention; `null`: it has none. */
  readonly midAttentionGroups: number | null;
  /** Channels of one attention head; `null`: a single head. */
  readonly headChannels: number | null;
  /** Heads of every attention, whatever its channels; {@link headChannels} tells where it is left out. */
  readonly heads?: number;
  readonly downsamplePadding: 0 | 1;
  readonly timeEmbedding: 'positional' | 'fourier' | 'learned';
  readonly timeEmbeddingWidth: number;
  /** Rows of a learned table of timesteps; `null` for the other embeddings. */
  readonly embeddedTimesteps: number | null;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
  /** Width of the timestep's sinusoids; the channels of the first level where it is left out. */
  readonly timeFeatures?: number;
  /** What the timestep is multiplied by before it is embedded; 1 where it is left out. */
  readonly timestepScale?: number;
  /** Added to the time embedding: a row of a table, or an embedded number; `null`: the model has no classes. */
  readonly classEmbedding: { readonly kind: 'table'; readonly classes: number } | { readonly kind: 'timestep' } | null;
  readonly normGroups: number;
  readonly normEpsilon: number;
  readonly centerInput: boolean;
  readonly timeScaleShift: 'default' | 'scale_shift';
  readonly midScaleFactor: number;
}

/** Options at the values that most models have; what is left out says what a model is. */
export const USUAL_OPTIONS = {
  downsampleType: 'conv',
  upsampleType: 'conv',
  activation: 'silu',
  midBlock: true,
  timeEmbedding: 'positional',
  embeddedTimesteps: null,
  classEmbedding: null,
} as const satisfies Partial<UNetConfig>;

const MAX_CHANNELS = 8192;
const MAX_EXTENT = 4096;

/** Reads `config.json`. Throws MODEL_INVALID for an option that is not built, and for keys it does not know. */
export function parseUNetConfig(where: string, text: string): UNetConfig {
  return readUNetConfig(where, text).config;
}

/** The same, with what each key was understood to mean. */
export function readUNetConfig(where: string, text: string): { config: UNetConfig; findings: ConfigFinding[] } {
  const reader = ConfigReader.parse(where, text);
  reader.only('_class_name', 'UNet2DModel');
  const blockOutChannels = reader.numbers('block_out_channels', [1, MAX_CHANNELS], [1, 8]);
  const levels = blockOutChannels.length;
  const inChannels = reader.integer('in_channels', [1, 64], 3);
  if (reader.isNull('norm_num_groups')) reader.refuse('norm_num_groups', 'a whole number', null);
  const normGroups = reader.integer('norm_num_groups', [1, MAX_CHANNELS], 32);
  const timeScaleShift = reader.choice('resnet_time_scale_shift', ['default', 'scale_shift'], 'default');
  const timeEmbedding = reader.choice('time_embedding_type', ['positional', 'fourier', 'learned'], 'positional');
  const config: UNetConfig = {
    sampleSize: readSampleSize(reader, 2 ** (levels - 1), where),
    inChannels,
    outChannels: readOutChannels(reader, inChannels),
    blockOutChannels,
    layersPerBlock: reader.integer('layers_per_block', [1, 16], 2),
    downBlocks: readBlocks(reader, 'down_block_types', DOWN_BLOCKS, levels),
    upBlocks: readBlocks(reader, 'up_block_types', UP_BLOCKS, levels),
    downsampleType: reader.choice('downsample_type', ['conv', 'resnet'], 'conv'),
    upsampleType: reader.choice('upsample_type', ['conv', 'resnet'], 'conv'),
    activation: readActivation(reader),
    midBlock: readMidBlock(reader),
    midAttention: reader.boolean('add_attention', true),
    midAttentionGroups:
      reader.integerOrNull('attn_norm_num_groups', [1, MAX_CHANNELS]) ??
      (timeScaleShift === 'default' ? normGroups : null),
    headChannels: reader.integerOrNull('attention_head_dim', [1, MAX_CHANNELS], 8),
    downsamplePadding: reader.integer('downsample_padding', [0, 1], 1) === 0 ? 0 : 1,
    timeEmbedding,
    timeEmbeddingWidth:
      reader.integerOrNull('time_embedding_dim', [1, 4 * MAX_CHANNELS]) ?? 4 * (blockOutChannels[0] ?? 0),
    embeddedTimesteps: timeEmbedding === 'learned' ? reader.integer('num_train_timesteps', [1, 100_000]) : null,
    flipSinToCos: reader.boolean('flip_sin_to_cos', true),
    freqShift: reader.number('freq_shift', [0, 1], 0),
    classEmbedding: readClasses(reader),
    normGroups,
    normEpsilon: reader.number('norm_eps', [0, 1], 1e-5),
    centerInput: reader.boolean('center_input_sample', false),
    timeScaleShift,
    midScaleFactor: reader.number('mid_block_scale_factor', [1e-6, 1e6], 1),
  };
  reader.finish(['dropout', 'num_train_timesteps']);
  checkChannels(config, where);
  return { config, findings: reader.findings(UNET_MEANINGS) };
}

/** Blocks of 2022 may have a prefix that says nothing. */
function readBlocks<const T extends string>(reader: ConfigReader, key: string, allowed: readonly T[], count: number) {
  return reader.choices(key, allowed, count, {
    rename: (name) => name.replace(/^UNetRes/, ''),
    hint: ' (not those of NCSN++, Skip…, nor those that look at a text, CrossAttn…)',
  });
}

/** As many channels as the image, or twice as many where the variance is learned. */
function readOutChannels(reader: ConfigReader, inChannels: number): number {
  const channels = reader.integer('out_channels', [1, 128], 3);
  if (channels === inChannels || channels === 2 * inChannels) return channels;
  const expected = `in_channels = ${inChannels}, or twice that where the variance is learned`;
  return reader.refuse('out_channels', `${expected} (a UNet with another image beside x is not built)`, channels);
}

/** `act_fn` of residual blocks. */
export function readActivation(reader: ConfigReader): Activation {
  const name = reader.choice('act_fn', ['silu', 'swish', 'mish', 'gelu', 'relu'], 'silu');
  return name === 'swish' ? 'silu' : name;
}

function readMidBlock(reader: ConfigReader): boolean {
  const absent = reader.isNull('mid_block_type');
  reader.only('mid_block_type', 'UNetMidBlock2D');
  return !absent;
}

function readClasses(reader: ConfigReader): UNetConfig['classEmbedding'] {
  reader.only('class_embed_type', 'timestep');
  const classes = reader.integerOrNull('num_class_embeds', [1, 1_000_000]);
  if (reader.has('class_embed_type')) return { kind: 'timestep' };
  return classes === null ? null : { kind: 'table', classes };
}

function readSampleSize(reader: ConfigReader, multiple: number, where: string): readonly [number, number] {
  if (!reader.has('sample_size'))
    throw new EngineError('MODEL_INVALID', `${where}: sample_size: expected the image's extent, got null.`);
  const [height = 0, width = 0] = reader.integers('sample_size', [1, MAX_EXTENT], 2);
  if (height % multiple === 0 && width % multiple === 0) return [height, width];
  throw new EngineError(
    'MODEL_INVALID',
    `${where}: sample_size: expected multiples of ${multiple} (the UNet halves it at each level), got ${height}×${width}.`,
  );
}

function checkChannels({ blockOutChannels, normGroups }: UNetConfig, where: string): void {
  for (const channels of blockOutChannels) {
    if (channels % normGroups === 0) continue;
    throw new EngineError(
      'MODEL_INVALID',
      `${where}: block_out_channels: expected multiples of norm_num_groups = ${normGroups}, got ${channels}.`,
    );
  }
}

/** Reads `scheduler_config.json`; see {@link readScheduleConfig}. */
export function parseScheduleConfig(where: string, text: string): ScheduleConfig {
  return readScheduleConfig(where, text).config;
}
