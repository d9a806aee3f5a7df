import type { ScheduleConfig } from '../diffusion/schedule.js';
import { EngineError } from '../errors.js';
import { ConfigReader } from './config-reader.js';

const DOWN_BLOCKS = ['DownBlock2D', 'AttnDownBlock2D'] as const;
const UP_BLOCKS = ['UpBlock2D', 'AttnUpBlock2D'] as const;

/** A diffusers `UNet2DModel` configuration, validated; names as there. */
export interface UNetConfig {
  readonly sampleSize: readonly [number, number];
  readonly inChannels: number;
  readonly outChannels: number;
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  readonly downBlocks: readonly (typeof DOWN_BLOCKS)[number][];
  readonly upBlocks: readonly (typeof UP_BLOCKS)[number][];
  readonly midAttention: boolean;
  /** Groups of the normalisation before the mid block's attention; `null`: it has none. */
  readonly midAttentionGroups: number | null;
  /** Channels of one attention head; `null`: a single head. */
  readonly headChannels: number | null;
  readonly downsamplePadding: 0 | 1;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
  readonly normGroups: number;
  readonly normEpsilon: number;
  readonly centerInput: boolean;
  readonly timeScaleShift: 'default' | 'scale_shift';
  readonly midScaleFactor: number;
}

const MAX_CHANNELS = 8192;
const MAX_EXTENT = 4096;

/** Reads `config.json`. Throws MODEL_INVALID for an option that is not built, and for keys it does not know. */
export function parseUNetConfig(where: string, text: string): UNetConfig {
  const reader = ConfigReader.parse(where, text);
  reader.only('_class_name', 'UNet2DModel');
  const blockOutChannels = reader.numbers('block_out_channels', [1, MAX_CHANNELS], [1, 8]);
  const levels = blockOutChannels.length;
  refuseUnbuilt(reader);
  const inChannels = reader.integer('in_channels', [1, 64], 3);
  const normGroups = reader.integer('norm_num_groups', [1, MAX_CHANNELS], 32);
  const timeScaleShift = reader.choice('resnet_time_scale_shift', ['default', 'scale_shift'], 'default');
  const config: UNetConfig = {
    sampleSize: readSampleSize(reader, 2 ** (levels - 1), where),
    inChannels,
    outChannels: reader.integer('out_channels', [inChannels, 2 * inChannels], inChannels),
    blockOutChannels,
    layersPerBlock: reader.integer('layers_per_block', [1, 16], 2),
    downBlocks: reader.choices('down_block_types', DOWN_BLOCKS, levels),
    upBlocks: reader.choices('up_block_types', UP_BLOCKS, levels),
    midAttention: reader.boolean('add_attention', true),
    midAttentionGroups:
      reader.integerOrNull('attn_norm_num_groups', [1, MAX_CHANNELS]) ??
      (timeScaleShift === 'default' ? normGroups : null),
    headChannels: reader.integerOrNull('attention_head_dim', [1, MAX_CHANNELS]),
    downsamplePadding: reader.integer('downsample_padding', [0, 1], 1) === 0 ? 0 : 1,
    flipSinToCos: reader.boolean('flip_sin_to_cos', true),
    freqShift: reader.number('freq_shift', [0, 1], 0),
    normGroups,
    normEpsilon: reader.number('norm_eps', [0, 1], 1e-5),
    centerInput: reader.boolean('center_input_sample', false),
    timeScaleShift,
    midScaleFactor: reader.number('mid_block_scale_factor', [1e-6, 1e6], 1),
  };
  reader.finish(['dropout', 'num_train_timesteps', 'num_class_embeds']);
  checkGroups(config, where);
  return config;
}

function refuseUnbuilt(reader: ConfigReader): void {
  reader.only('act_fn', 'silu', 'swish');
  reader.only('time_embedding_type', 'positional');
  reader.only('time_embedding_dim');
  reader.only('mid_block_type', 'UNetMidBlock2D');
  reader.only('class_embed_type');
  reader.only('downsample_type', 'conv');
  reader.only('upsample_type', 'conv');
}

function readSampleSize(reader: ConfigReader, multiple: number, where: string): readonly [number, number] {
  const single = reader.has('sample_size') ? reader : null;
  if (!single) throw new EngineError('MODEL_INVALID', `${where}: sample_size: expected the image's extent, got null.`);
  const size = reader.integer('sample_size', [1, MAX_EXTENT]);
  if (size % multiple !== 0) {
    throw new EngineError(
      'MODEL_INVALID',
      `${where}: sample_size: expected a multiple of ${multiple} (the UNet halves it at each level), got ${size}.`,
    );
  }
  return [size, size];
}

function checkGroups({ blockOutChannels, normGroups, headChannels }: UNetConfig, where: string): void {
  for (const channels of blockOutChannels) {
    if (channels % normGroups !== 0) {
      throw new EngineError(
        'MODEL_INVALID',
        `${where}: block_out_channels: expected multiples of norm_num_groups = ${normGroups}, got ${channels}.`,
      );
    }
    if (headChannels !== null && channels > headChannels && channels % headChannels !== 0) {
      throw new EngineError(
        'MODEL_INVALID',
        `${where}: attention_head_dim: ${headChannels} does not divide ${channels} channels.`,
      );
    }
  }
}

/** Reads `scheduler_config.json`. Throws MODEL_INVALID; options of samplers that do not change ᾱ are ignored. */
export function parseScheduleConfig(where: string, text: string): ScheduleConfig {
  const reader = ConfigReader.parse(where, text);
  const trained = reader.has('trained_betas');
  const trainTimesteps = reader.integer('num_train_timesteps', [1, 100_000], 1000);
  return {
    trainTimesteps,
    betaSchedule: trained
      ? 'trained_betas'
      : reader.choice('beta_schedule', ['linear', 'scaled_linear', 'squaredcos_cap_v2'], 'linear'),
    betaStart: reader.number('beta_start', [0, 1], 1e-4),
    betaEnd: reader.number('beta_end', [0, 1], 0.02),
    trainedBetas: trained ? reader.numbers('trained_betas', [0, 1], [trainTimesteps, trainTimesteps]) : null,
    predictionType: reader.choice('prediction_type', ['epsilon', 'v_prediction', 'sample'], 'epsilon'),
    timestepSpacing: reader.choice('timestep_spacing', ['leading', 'trailing', 'linspace'], 'leading'),
    stepsOffset: reader.integer('steps_offset', [0, 1000], 0),
    setAlphaToOne: reader.boolean('set_alpha_to_one', true),
    rescaleBetasZeroSnr: reader.boolean('rescale_betas_zero_snr', false),
  };
}
