import { normals, STREAMS, uniforms } from '../diffusion/random.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { ShiftChoice } from './samplers.js';

export interface DrawConfig {
  readonly seed: number;
  readonly batchSize: number;
  readonly directions: number;
  readonly minStrength: number;
  readonly maxStrength: number;
}

/** x[0] of one training step, `[N,C,H,W]`: a function of seed and step. */
export function drawNoise(
  config: DrawConfig,
  step: number,
  sampleShape: readonly number[],
  stream: number = STREAMS.training,
): FloatTensor {
  const shape = [config.batchSize, ...sampleShape];
  return floatTensor(shape, normals({ seed: config.seed, stream, sample: 0, step }, sizeOf(shape)));
}

/** k ~ U{1…K} and s ~ U(−S,S), its magnitude raised to s_min where below, for one training step. */
export function drawChoice(config: DrawConfig, step: number): ShiftChoice {
  const numbers = uniforms({ seed: config.seed, stream: STREAMS.training, sample: 1, step }, 2 * config.batchSize);
  const half = (offset: number) => Array.from(numbers.subarray(offset, offset + config.batchSize));
  return {
    directions: half(0).map((u) => Math.floor(u * config.directions)),
    strengths: half(config.batchSize).map((u) => strengthFrom(u, config)),
  };
}

/** The strength that a uniform number stands for. */
export function strengthFrom(
  u: number,
  { minStrength, maxStrength }: Pick<DrawConfig, 'minStrength' | 'maxStrength'>,
): number {
  const s = (2 * u - 1) * maxStrength;
  return (s < 0 ? -1 : 1) * Math.max(Math.abs(s), minStrength);
}
