import { floatTensor } from '../graph/tensor.js';
import type { Parameters } from './parameters.js';

/** Keeps a division by the norm defined, as PyTorch's clip_grad_norm_ does. */
const EPSILON = 1e-6;

/** Euclidean norm of all elements of all tensors together, in float64. */
export function globalNorm(gradients: Parameters): number {
  return Math.sqrt(Object.values(gradients).reduce((sum, { data }) => sum + squares(data), 0));
}

function squares(data: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 1) sum += (data[i] as number) * (data[i] as number);
  return sum;
}

/** Gradients scaled so that their global norm is at most `limit` (Pascanu et al., arXiv 1211.5063, algorithm 1). */
export function clipGlobalNorm(gradients: Parameters, limit: number): Parameters {
  const factor = limit / (globalNorm(gradients) + EPSILON);
  if (factor >= 1) return gradients;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, { shape, data }]) => [name, floatTensor(shape, scaled(data, factor))]),
  );
}

function scaled(data: Float32Array, factor: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i += 1) out[i] = (data[i] as number) * factor;
  return out;
}
