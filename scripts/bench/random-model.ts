import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STREAMS } from '../../src/engine/diffusion/random.js';
import { initialise } from '../../src/engine/learning/parameters.js';
import { trainableUNet } from '../../src/engine/pretraining/unet.js';
import { writeSafetensors } from '../../src/engine/safetensors.js';

export const SHAPES = ['64', '256', 'celebahq-256'] as const;
export type Shape = (typeof SHAPES)[number];

interface Size {
  readonly resolution: number;
  readonly channels: readonly number[];
  readonly layersPerBlock: number;
  /** Level of the only blocks with attention beside those around h. */
  readonly attention: number;
}

/** The last one is that of google/ddpm-celebahq-256: 114 million weights. */
const SIZES: Readonly<Record<Shape, Size>> = {
  '64': { resolution: 64, channels: [64, 128, 128, 256], layersPerBlock: 1, attention: 3 },
  '256': { resolution: 256, channels: [32, 64, 64, 128], layersPerBlock: 1, attention: 3 },
  'celebahq-256': { resolution: 256, channels: [128, 128, 256, 256, 512, 512], layersPerBlock: 2, attention: 4 },
};

/** Writes a diffusers folder whose weights are PyTorch's initial ones: as fast and as large as a trained model. */
export function writeRandomModel(folder: string, shape: Shape): void {
  const config = JSON.stringify(unetConfig(SIZES[shape]), null, 2);
  const schedule = JSON.stringify(SCHEDULE, null, 2);
  const { specs } = trainableUNet(config, schedule);
  const weights = initialise(specs, { seed: 0, stream: STREAMS.pretraining, step: 0 }, 0);
  mkdirSync(join(folder, 'scheduler'), { recursive: true });
  writeFileSync(join(folder, 'config.json'), config);
  writeFileSync(join(folder, 'scheduler/scheduler_config.json'), schedule);
  const bytes = writeSafetensors({ tensors: new Map(Object.entries(weights)), metadata: {} });
  writeFileSync(join(folder, 'diffusion_pytorch_model.safetensors'), bytes);
}

const SCHEDULE = {
  _class_name: 'DDPMScheduler',
  beta_end: 0.02,
  beta_schedule: 'linear',
  beta_start: 1e-4,
  clip_sample: true,
  num_train_timesteps: 1000,
  prediction_type: 'epsilon',
};

function unetConfig({ resolution, channels, layersPerBlock, attention }: Size) {
  const blocks = (direction: 'Down' | 'Up') =>
    channels.map((_, level) => (level === attention ? `Attn${direction}Block2D` : `${direction}Block2D`));
  return {
    _class_name: 'UNet2DModel',
    act_fn: 'silu',
    attention_head_dim: null,
    block_out_channels: channels,
    center_input_sample: false,
    down_block_types: blocks('Down'),
    downsample_padding: 0,
    flip_sin_to_cos: false,
    freq_shift: 1,
    in_channels: 3,
    layers_per_block: layersPerBlock,
    mid_block_scale_factor: 1,
    norm_eps: 1e-6,
    norm_num_groups: 32,
    out_channels: 3,
    sample_size: resolution,
    time_embedding_type: 'positional',
    up_block_types: blocks('Up').toReversed(),
  };
}
