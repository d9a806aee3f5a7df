import type { DiscoveryConfig } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import type { SampleImages } from '../diffusion/sample-images.js';
import type { Between, Trajectory } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { Device } from '../runtime/device.js';
import { orthonormalRows } from '../shift/orthonormal.js';
import { COMPONENT_COUNT, type HStatistics } from '../shift/statistics.js';
import { measuredShifts } from './baselines.js';
import { drawNoise } from './draw.js';
import type { Samplers } from './samplers.js';

/** Strength at which candidates are tried: the middle of the default range. */
const TRIAL_STRENGTH = 3;

export interface StartContext {
  readonly model: DiffusionModel;
  readonly config: DiscoveryConfig;
  readonly statistics: HStatistics;
  readonly samplers: Samplers;
  readonly images: SampleImages;
  readonly device: Device;
}

/** φ before the first step, where it takes more than the shift control's own; undefined where that is all. */
export async function startingShifts(context: StartContext, between: Between): Promise<FloatTensor | undefined> {
  const { model, config, statistics, device } = context;
  if (config.shift !== 'SUBSPACE') return measuredShifts(model, config, device, between);
  if (config.method === 'RANDOM') return randomRows(config);
  return config.start === 'INDEPENDENT' && sizeOf(statistics.rotation.shape) > 0
    ? mostEffective(context, between)
    : undefined;
}

/** Random mixtures of the components: the baseline of the same kind. */
function randomRows({ directions, seed }: DiscoveryConfig): FloatTensor {
  const shape = [directions, COMPONENT_COUNT];
  return orthonormalRows(
    floatTensor(shape, normals({ seed, stream: STREAMS.parameters, sample: 0, step: 1 }, sizeOf(shape))),
  );
}

/**
 * The K candidates that change images most, the strongest first. Candidates are the independent components and, beyond
 * those, the principal ones: orthonormal all of them. A large variance of h need not mean a large effect.
 */
async function mostEffective(
  { model, config, statistics, samplers, images }: StartContext,
  between: Between,
): Promise<FloatTensor> {
  const candidates = statistics.rotation;
  const noise = drawNoise(config, 0, model.sampleShape);
  const last = ({ samples }: Trajectory) => images.seen(samples.at(-1) as FloatTensor, between);
  const plain = await last(await samplers.plain(noise, between));
  const effects: number[] = [];
  for (let first = 0; first < COMPONENT_COUNT; first += config.directions) {
    const phi = wrappedRows(candidates, first, config.directions);
    for (let k = 0; k < config.directions && first + k < COMPONENT_COUNT; k += 1) {
      const choice = {
        directions: new Array<number>(config.batchSize).fill(k),
        strengths: Array.from({ length: config.batchSize }, (_, row) => (row % 2 === 0 ? 1 : -1) * TRIAL_STRENGTH),
      };
      const shifted = await last(await samplers.shifted(noise, phi, choice, between));
      effects.push(meanSquare(shifted.data, plain.data));
    }
  }
  const order = [...effects.keys()].sort((a, b) => (effects[b] ?? 0) - (effects[a] ?? 0) || a - b);
  const out = floatTensor([config.directions, COMPONENT_COUNT]);
  order.slice(0, config.directions).forEach((from, row) => {
    out.data.set(candidates.data.subarray(from * COMPONENT_COUNT, (from + 1) * COMPONENT_COUNT), row * COMPONENT_COUNT);
  });
  return out;
}

/** `count` rows from `first` on, from the start again after the last one. */
function wrappedRows({ shape, data }: FloatTensor, first: number, count: number): FloatTensor {
  const [rows = 0, width = 0] = shape;
  const out = floatTensor([count, width]);
  for (let row = 0; row < count; row += 1) {
    const from = (first + row) % rows;
    out.data.set(data.subarray(from * width, (from + 1) * width), row * width);
  }
  return out;
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + (value - (b[at] ?? 0)) ** 2, 0) / a.length;
}
