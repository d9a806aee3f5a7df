import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { Parameters } from './parameters.js';

/** Exponential moving average: `decay`·average + (1 − decay)·parameters. */
export function movingAverage(average: Parameters, parameters: Parameters, decay: number): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => {
      const old = (average[name] as FloatTensor).data;
      return [name, floatTensor(shape, lerp(old, data, 1 - decay))];
    }),
  );
}

function lerp(from: Float32Array, to: Float32Array, weight: number): Float32Array {
  const out = new Float32Array(from.length);
  for (let i = 0; i < out.length; i += 1) out[i] = (from[i] ?? 0) + weight * ((to[i] ?? 0) - (from[i] ?? 0));
  return out;
}
