import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { DirectionSource } from './control.js';
import { interpolation } from './interpolation.js';
import { gateBasis } from './timestep.js';

/**
 * Directions as numbers that anybody can apply: d_k(t) = g_k(t)·V_k(t), V interpolated linearly over t between the rows of
 * `vectors`, g_k the gate of a TIMESTEP, 1 for every other kind.
 */
export interface DirectionTable {
  /** Training timestep of each row, noisiest first. */
  readonly timesteps: readonly number[];
  /** `[K,T,Ch,Hh,Wh]`, or `[K,T,Ch,1,1]` where all positions of h have the same. */
  readonly vectors: FloatTensor;
  /** Coefficients of the cosines of {@link gateBasis}, `[K,5]`. */
  readonly gates: FloatTensor | null;
}

/** d_k from a table, over all of h. */
export function tableSource({ timesteps, vectors, gates }: DirectionTable, hShape: readonly number[]): DirectionSource {
  const all = sizeOf(hShape);
  const width = sizeOf(vectors.shape.slice(2));
  const positions = all / width;
  return {
    dependsOn: 'TIMESTEP',
    at: (_, k, timestep) => {
      const gate = gates ? gateAt(gates, k, timestep, timesteps) : 1;
      const out = new Float32Array(all);
      for (const { position, weight } of interpolation(timesteps, timestep)) {
        const from = (k * timesteps.length + position) * width;
        for (let at = 0; at < all; at += 1) {
          const value = vectors.data[from + Math.floor(at / positions)] ?? 0;
          out[at] = (out[at] ?? 0) + gate * weight * value;
        }
      }
      return out;
    },
  };
}

function gateAt({ shape, data }: FloatTensor, k: number, timestep: number, timesteps: readonly number[]): number {
  const terms = shape[1] ?? 0;
  return gateBasis(timestep, timesteps).reduce((sum, term, j) => sum + term * (data[k * terms + j] ?? 0), 0);
}

/** Direction k alone. */
export function tableRow({ timesteps, vectors, gates }: DirectionTable, k: number): DirectionTable {
  return { timesteps, vectors: slab(vectors, k), gates: gates && slab(gates, k) };
}

function slab({ shape, data }: FloatTensor, k: number): FloatTensor {
  const size = sizeOf(shape.slice(1));
  return floatTensor([1, ...shape.slice(1)], data.subarray(k * size, (k + 1) * size));
}

/** Tensors of the same shape below one another. */
export function stacked(parts: readonly FloatTensor[]): FloatTensor {
  const [, ...rest] = parts[0]?.shape ?? [];
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const out = floatTensor([rows, ...rest]);
  let at = 0;
  for (const { data } of parts) {
    out.data.set(data, at);
    at += data.length;
  }
  return out;
}
