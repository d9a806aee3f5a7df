import { floatTensor } from '../graph/tensor.js';
import type { Parameters } from './parameters.js';

/** Keeps a division by the norm defined, as PyTorch's clip_grad_norm_ does. */
const EPSILON = 1e-6;

/** Euclidean norm of all elements of all tensors together, in float64. */
export function globalNorm(gradients: Parameters): number {
  let sum = 0;
  for (const { data } of Object.values(gradients)) for (const value of data) sum += value * value;
  return Math.sqrt(sum);
}

/** Gradients scaled so that their global norm is at most `limit` (Pascanu et al., arXiv 1211.5063, algorithm 1). */
export function clipGlobalNorm(gradients: Parameters, limit: number): Parameters {
  const factor = limit / (globalNorm(gradients) + EPSILON);
  if (factor >= 1) return gradients;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, { shape, data }]) => [
      name,
      floatTensor(
        shape,
        data.map((value) => value * factor),
      ),
    ]),
  );
}
