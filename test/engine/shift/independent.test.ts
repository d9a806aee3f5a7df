import { describe, expect, it } from 'vitest';
import { normals, uniforms } from '../../../src/engine/diffusion/random.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { independentRows } from '../../../src/engine/shift/independent.js';
import { orthonormalRows } from '../../../src/engine/shift/orthonormal.js';

const M = 6;
const N = 4096;
const key = (sample: number) => ({ seed: 5, stream: 99, sample, step: 0 });
const rotation = orthonormalRows(floatTensor([M, M], normals(key(0), M * M)));

/** Sources of variance 1, mixed by the rotation: z = Rᵀ·s, so that the rows of R take them apart again. */
function mixed(sources: readonly (readonly number[])[]): FloatTensor {
  const out = floatTensor([M, N]);
  for (let i = 0; i < N; i += 1) {
    for (let j = 0; j < M; j += 1) {
      for (let k = 0; k < M; k += 1) {
        out.data[j * N + i] = (out.data[j * N + i] ?? 0) + (rotation.data[k * M + j] ?? 0) * (sources[k]?.[i] ?? 0);
      }
    }
  }
  return out;
}

const uniform = (sample: number) => Array.from(uniforms(key(sample), N), (u) => (u - 0.5) * Math.sqrt(12));
const binary = (sample: number) => Array.from(uniforms(key(sample), N), (u) => (u < 0.5 ? 1 : -1));
const gaussian = (sample: number) => Array.from(normals(key(sample), N));

/** Largest |cosine| of a source's own row with any row found. */
function agreement(found: FloatTensor, source: number): number {
  const dots = Array.from({ length: M }, (_, row) =>
    Math.abs(
      Array.from(
        { length: M },
        (__, j) => (found.data[row * M + j] ?? 0) * (rotation.data[source * M + j] ?? 0),
      ).reduce((sum, value) => sum + value, 0),
    ),
  );
  return Math.max(...dots);
}

describe('independent components', () => {
  it('take mixed uniform and binary sources apart', () => {
    const found = independentRows(mixed([1, 2, 3, 4].map(uniform).concat([binary(5), binary(6)])));
    for (let source = 0; source < M; source += 1) expect(agreement(found, source)).toBeGreaterThan(0.99);
  });

  it('find bounded sources among Gaussian ones, and put them first', () => {
    const found = independentRows(mixed([gaussian(1), uniform(2), gaussian(3), binary(4), gaussian(5), gaussian(6)]));
    const first = floatTensor([M, M]);
    first.data.set(found.data.subarray(0, 2 * M));
    expect(agreement(first, 1)).toBeGreaterThan(0.99);
    expect(agreement(first, 3)).toBeGreaterThan(0.99);
  });

  it('are a rotation, the same each time', () => {
    const scores = mixed([1, 2, 3, 4, 5, 6].map(uniform));
    const found = independentRows(scores);
    expect(independentRows(scores)).toEqual(found);
    for (let a = 0; a < M; a += 1) {
      for (let b = 0; b < M; b += 1) {
        let dot = 0;
        for (let j = 0; j < M; j += 1) dot += (found.data[a * M + j] ?? 0) * (found.data[b * M + j] ?? 0);
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 5);
      }
    }
  });
});
