import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../scripts/support/random.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../src/engine/graph/tensor.js';
import { parseUNetConfig } from '../../src/engine/models/diffusers-config.js';
import { ATTENTION_NAMES } from '../../src/engine/models/diffusers-unet.js';
import { unetLayout } from '../../src/engine/models/unet-layout.js';
import { unetWeightShapes } from '../../src/engine/models/unet-weights.js';
import { writeSafetensors } from '../../src/engine/safetensors.js';
import { checkpointTensors } from '../helpers/checkpoints.js';
import { fixture } from '../helpers/models.js';
import { torchFile } from '../helpers/torch-file.js';
import type { Format } from './mutators.js';

/** A model, or a file that looks like one, to be broken. */
export interface Seed {
  readonly name: string;
  /** Files of its folder. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** What is loaded: a file of the folder, or the folder itself where it is left out. */
  readonly entry?: string;
}

/** How a file is broken, by its name. */
export function formatOf(name: string): Format {
  if (name.endsWith('.json')) return 'json';
  if (name.endsWith('.onnx') || name.endsWith('.data')) return 'onnx';
  return name.endsWith('.safetensors') ? 'safetensors' : 'torch';
}

const CONFIG = {
  _class_name: 'UNet2DModel',
  sample_size: 4,
  in_channels: 3,
  out_channels: 3,
  block_out_channels: [4, 8],
  layers_per_block: 1,
  norm_num_groups: 2,
  attention_head_dim: 4,
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D'],
  up_block_types: ['AttnUpBlock2D', 'UpBlock2D'],
  downsample_padding: 0,
  flip_sin_to_cos: true,
  freq_shift: 0,
  norm_eps: 1e-5,
  act_fn: 'silu',
};
const SCHEDULER = {
  _class_name: 'DDIMScheduler',
  num_train_timesteps: 1000,
  beta_schedule: 'linear',
  beta_start: 1e-4,
  beta_end: 0.02,
  prediction_type: 'epsilon',
  timestep_spacing: 'leading',
  steps_offset: 0,
  set_alpha_to_one: true,
  trained_betas: null,
};
const NAME = 'diffusion_pytorch_model';

function microWeights(): Map<string, FloatTensor> {
  const config = parseUNetConfig('config.json', JSON.stringify(CONFIG));
  const random = new Random(1);
  const shapes = unetWeightShapes(config, unetLayout(config), ATTENTION_NAMES);
  const data = (shape: readonly number[]) => Float32Array.from({ length: sizeOf(shape) }, () => random.next() - 0.5);
  return new Map([...shapes].map(([name, shape]) => [name, floatTensor(shape, data(shape))]));
}

const safetensors = (tensors: ReadonlyMap<string, FloatTensor>) =>
  Buffer.from(writeSafetensors({ tensors, metadata: { format: 'pt' } }));
const torch = (tensors: ReadonlyMap<string, FloatTensor>) => torchFile(new Map(tensors));
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

function diffusers(name: string, weights: readonly (readonly [string, Buffer])[]): Seed {
  const files = new Map([
    ['config.json', json(CONFIG)],
    ['scheduler/scheduler_config.json', json(SCHEDULER)],
    ...weights,
  ]);
  return { name, files };
}

function shards(
  tensors: ReadonlyMap<string, FloatTensor>,
  ending: string,
  write: (shard: ReadonlyMap<string, FloatTensor>) => Buffer,
): [string, Buffer][] {
  const files = [1, 2].map((i) => `${NAME}-0000${i}-of-00002.${ending}`);
  const dealt = files.map((_, at) => new Map([...tensors].filter((__, i) => i % 2 === at)));
  const map = Object.fromEntries([...tensors.keys()].map((tensor, i) => [tensor, files[i % 2]]));
  return [
    [`${NAME}.${ending}.index.json`, json({ metadata: { total_size: 1 }, weight_map: map })],
    ...files.map((file, at) => [file, write(dealt[at] as Map<string, FloatTensor>)] as [string, Buffer]),
  ];
}

function checkpoint(name: string): Seed {
  const settings = readFileSync(fixture(`checkpoints/${name}/azimuth.json`));
  return {
    name,
    files: new Map([
      ['model.pt', torch(checkpointTensors(name))],
      ['azimuth.json', settings],
    ]),
  };
}

/** A folder of reference values, without these. */
function golden(name: string, autoencoder: string): Seed {
  const inside = ['', `${autoencoder}/`].flatMap((folder) => [`${folder}config.json`, `${folder}${NAME}.safetensors`]);
  const files = [...inside, 'scheduler/scheduler_config.json'];
  return { name, files: new Map(files.map((file) => [file, readFileSync(fixture(`variants/${name}/${file}`))])) };
}

/** An ONNX export, with its external data where it has some. */
function onnx(name: string, data: readonly string[] = []): Seed {
  const files = ['unet.onnx', ...data, 'scheduler/scheduler_config.json'];
  return { name, files: new Map(files.map((file) => [file, readFileSync(fixture(`onnx/${name}/${file}`))])) };
}

/** Every format of weights and configurations, and what PyTorch wrote, hostile files too. */
export function seeds(): Seed[] {
  const weights = microWeights();
  const written = readdirSync(fixture('torch')).filter((file) => file.endsWith('.pt'));
  return [
    diffusers('diffusers', [[`${NAME}.safetensors`, safetensors(weights)]]),
    diffusers('diffusers, shards', shards(weights, 'safetensors', safetensors)),
    diffusers('diffusers, .bin', [[`${NAME}.bin`, torch(weights)]]),
    diffusers('diffusers, shards of .bin', shards(weights, 'bin', torch)),
    golden('latent-vq', 'vqvae'),
    golden('latent-kl', 'vae'),
    onnx('legacy-13'),
    onnx('dynamo-18-external', ['unet.onnx.data']),
    checkpoint('ddim'),
    checkpoint('adm-narrow-start'),
    ...written.map((file) => ({
      name: file,
      files: new Map([[file, readFileSync(join(fixture('torch'), file))]]),
      entry: file,
    })),
  ];
}
