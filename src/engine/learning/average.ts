import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { Parameters } from './parameters.js';

/** Of an average that is young after `step` steps: min(`decay`, (1 + step) / (10 + step)). */
export function decayAt(step: number, decay: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}

/**
 * Exponential moving average: `decay`·average + (1 − decay)·parameters. Both are left as they are, but with `inPlace` the average,
 * which is then changed itself.
 */
export function movingAverage(average: Parameters, parameters: Parameters, decay: number, inPlace = false): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => {
      const old = average[name] as FloatTensor;
      const next = inPlace ? old : floatTensor(shape);
      lerp(old.data, data, 1 - decay, next.data);
      return [name, next];
    }),
  );
}

function lerp(from: Float32Array, to: Float32Array, weight: number, out: Float32Array): void {
  for (let i = 0; i < out.length; i += 1) {
    const value = from[i] as number;
    out[i] = value + weight * ((to[i] as number) - value);
  }
}
