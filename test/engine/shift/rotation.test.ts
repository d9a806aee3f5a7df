import { describe, expect, it } from 'vitest';
import { normals, uniforms } from '../../../src/engine/diffusion/random.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { directionsOf } from '../../../src/engine/shift/rotation.js';

const M = 20;
const N = 4096;
const SOURCES = 5;
const key = (sample: number) => ({ seed: 6, stream: 98, sample, step: 0 });
const lengths = Array.from({ length: M }, (_, m) => 10 / (1 + m));

/** What each bounded source does to h, in units of the components: random, and far stronger than the noise. */
const effects = Array.from({ length: SOURCES }, (_, k) => Array.from(normals(key(k), M), (value) => value * 3));

/** h along each component, `[M,n]`: a mixture of the sources, and a little noise. */
function along(): FloatTensor {
  const out = floatTensor(
    [M, N],
    normals(key(50), M * N).map((value) => value * 0.05),
  );
  const sources = effects.map((_, k) => uniforms(key(100 + k), N));
  for (let m = 0; m < M; m += 1) {
    for (let i = 0; i < N; i += 1) {
      const mixed = effects.reduce((sum, effect, k) => sum + (effect[m] ?? 0) * ((sources[k]?.[i] ?? 0) - 0.5), 0);
      out.data[m * N + i] = (out.data[m * N + i] ?? 0) + mixed * (lengths[m] ?? 1);
    }
  }
  return out;
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

describe('directions from components', () => {
  const rows = (() => {
    const { data } = directionsOf(along(), lengths);
    return Array.from({ length: M }, (_, row) => Array.from(data.subarray(row * M, (row + 1) * M)));
  })();

  it('are orthonormal, as many as there are components', () => {
    rows.forEach((a, i) => {
      rows.forEach((b, j) => {
        expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 5);
      });
    });
  });

  it('begin with what bounded, independent sources do', () => {
    for (const effect of effects) {
      const length = Math.sqrt(dot(effect, effect));
      const best = Math.max(...rows.slice(0, 12).map((row) => Math.abs(dot(row, effect)) / length));
      // Random effects are not orthogonal to each other, the rows are.
      expect(best).toBeGreaterThan(0.9);
    }
  });

  it('fill the space where components say nothing', () => {
    const few = floatTensor(
      [M, N],
      along().data.map((value, at) => (at < 3 * N ? value : 0)),
    );
    const { data } = directionsOf(
      few,
      lengths.map((length, m) => (m < 3 ? length : 1e-12)),
    );
    expect(data.every(Number.isFinite)).toBe(true);
  });
});
