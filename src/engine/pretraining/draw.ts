import { normals, STREAMS, uniforms } from '../diffusion/random.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';

/** t uniform over the schedule's timesteps, one a sample: a function of seed and step. */
export function drawTimesteps(seed: number, step: number, batch: number, trainTimesteps: number): readonly number[] {
  const numbers = uniforms({ seed, stream: STREAMS.pretraining, sample: 0, step }, batch);
  return Array.from(numbers, (u) => Math.floor(u * trainTimesteps));
}

/** ε of one training step. */
export function drawNoise(seed: number, step: number, shape: readonly number[]): FloatTensor {
  return floatTensor(shape, normals({ seed, stream: STREAMS.pretraining, sample: 1, step }, sizeOf(shape)));
}
