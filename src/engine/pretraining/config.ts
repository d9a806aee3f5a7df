import { EngineError } from '../errors.js';

/** Every hyper-parameter of a pretraining, resolved. */
export interface PretrainingConfig {
  /** Where the images come from: kept in the checkpoint, so that it is not resumed with others. */
  readonly source: string;
  /** Extent of the square images. */
  readonly resolution: number;
  /** Channels of each level of the UNet; the image is halved between two. The last level has attention. */
  readonly channels: readonly number[];
  readonly predictionType: 'epsilon' | 'v_prediction';
  /** Planned steps: the learning rate decays over them. */
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly checkpointEvery: number;
}

const MAX_GROUPS = 8;
const MAX_HEAD_CHANNELS = 32;

function refuse(name: string, expected: string, got: unknown): never {
  throw new EngineError('BAD_USER_INPUT', `${name}: expected ${expected}, got ${got}.`);
}

function expectWhole(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) refuse(name, `a whole number in ${low}…${high}`, value);
}

/** Throws BAD_USER_INPUT that names the value which does not fit. */
export function checkPretrainingConfig(config: PretrainingConfig): void {
  const { channels, resolution, learningRate } = config;
  expectWhole('steps', config.steps, 1, 10_000_000);
  expectWhole('batch', config.batchSize, 1, 4096);
  expectWhole('seed', config.seed, 0, 2 ** 32 - 1);
  expectWhole('checkpoint-every', config.checkpointEvery, 1, 10_000_000);
  expectWhole('resolution', resolution, 1, 1024);
  if (!(learningRate > 0 && learningRate <= 1)) refuse('learning-rate', 'a number above 0 and up to 1', learningRate);
  if (channels.length < 1 || channels.length > 8) refuse('channels', '1 to 8 numbers', channels.length);
  for (const width of channels)
    if (!Number.isInteger(width / 4) || width < 4 || width > 1024)
      refuse('channels', 'multiples of 4 in 4…1024', channels.join());
  const multiple = 2 ** (channels.length - 1);
  if (resolution % multiple !== 0)
    refuse(
      'resolution',
      `a multiple of ${multiple} (the UNet halves the image between its ${channels.length} levels)`,
      resolution,
    );
}

/** `config.json` of the UNet in diffusers' terms. */
export function unetConfigText({ channels, resolution }: PretrainingConfig): string {
  const levels = channels.length;
  return json({
    _class_name: 'UNet2DModel',
    act_fn: 'silu',
    add_attention: true,
    attention_head_dim: largest(MAX_HEAD_CHANNELS, (head) => channels.every((c) => c <= head || c % head === 0)),
    block_out_channels: channels,
    center_input_sample: false,
    down_block_types: channels.map((_, level) => (level === levels - 1 ? 'AttnDownBlock2D' : 'DownBlock2D')),
    downsample_padding: 1,
    flip_sin_to_cos: true,
    freq_shift: 0,
    in_channels: 3,
    layers_per_block: 1,
    mid_block_scale_factor: 1,
    norm_eps: 1e-5,
    norm_num_groups: largest(MAX_GROUPS, (groups) => channels.every((c) => c % groups === 0)),
    out_channels: 3,
    sample_size: resolution,
    time_embedding_type: 'positional',
    up_block_types: channels.map((_, index) => (index === 0 ? 'AttnUpBlock2D' : 'UpBlock2D')),
  });
}

/** `scheduler/scheduler_config.json`: the schedule of DDPM (arXiv 2006.11239, section 4). */
export function scheduleConfigText({ predictionType }: PretrainingConfig): string {
  return json({
    _class_name: 'DDIMScheduler',
    beta_end: 0.02,
    beta_schedule: 'linear',
    beta_start: 1e-4,
    clip_sample: false,
    num_train_timesteps: 1000,
    prediction_type: predictionType,
    rescale_betas_zero_snr: false,
    set_alpha_to_one: true,
    steps_offset: 0,
    timestep_spacing: 'trailing',
  });
}

function json(value: Record<string, unknown>): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function largest(limit: number, fits: (candidate: number) => boolean): number {
  let candidate = limit;
  while (!fits(candidate)) candidate -= 1;
  return candidate;
}
