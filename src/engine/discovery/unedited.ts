import { sizeOf } from '../graph/tensor.js';
import type { DrawConfig } from './draw.js';

export const MOST_BATCHES = 64;
const FEWEST_BATCHES = 16;
const POOL_BYTES = 64 * 2 ** 20;

/**
 * How many batches of noise a training goes through before it starts over: as many as fit in 64 MiB, 16 to 64. The unedited
 * images of a noise are sampled once, a fifth of a training's time; a pair differs each time, in direction and strength.
 */
export function poolBatches({ batchSize }: Pick<DrawConfig, 'batchSize'>, sampleShape: readonly number[]): number {
  const fitting = Math.floor(POOL_BYTES / (4 * batchSize * sizeOf(sampleShape)));
  return Math.min(MOST_BATCHES, Math.max(FEWEST_BATCHES, fitting));
}

/** Which batch of noise a training step (1-based) draws: 1 … {@link poolBatches}. */
export function noiseBatch(step: number, batches: number): number {
  return ((step - 1) % batches) + 1;
}
