import { normals, STREAMS, uniforms } from '../diffusion/random.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';

/**
 * t of each sample, uniform over the schedule's timesteps and together spread evenly, so that the loss of a small batch
 * scatters less (the low-discrepancy sampler of arXiv 2107.00630): a function of seed and step.
 */
export function drawTimesteps(seed: number, step: number, batch: number, trainTimesteps: number): readonly number[] {
  const [offset = 0] = uniforms({ seed, stream: STREAMS.pretraining, sample: 0, step }, 1);
  return Array.from({ length: batch }, (_, n) => Math.floor(((offset + n / batch) % 1) * trainTimesteps));
}

/** ε of one training step. */
export function drawNoise(seed: number, step: number, shape: readonly number[]): FloatTensor {
  return floatTensor(shape, normals({ seed, stream: STREAMS.pretraining, sample: 1, step }, sizeOf(shape)));
}
