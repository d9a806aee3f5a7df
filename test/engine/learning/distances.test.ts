import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normals } from '../../../src/engine/diffusion/random.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { frechetDistance, kernelDistance } from '../../../src/engine/learning/distances.js';
import { fixture } from '../../helpers/models.js';

/** From numpy and scipy; scripts/golden/distances.py. */
const golden: { cases: { x: number[][]; y: number[][]; kernel: number; frechet: number }[] } = JSON.parse(
  readFileSync(fixture('distances.json'), 'utf8'),
);
const rows = (values: number[][]) => floatTensor([values.length, values[0]!.length], Float32Array.from(values.flat()));

/** `n` rows of independent normals: channel j has mean `means[j]` and standard deviation `deviations[j]`. */
function gaussians(n: number, means: number[], deviations: number[], sample: number): FloatTensor {
  const d = means.length;
  const drawn = normals({ seed: 1, stream: 0, sample, step: 0 }, n * d);
  return floatTensor(
    [n, d],
    drawn.map((value, at) => means[at % d]! + deviations[at % d]! * value),
  );
}

describe('distances of feature sets', () => {
  it.each(golden.cases.map((one, index) => [index, one] as const))(
    'are those of numpy and scipy, case %i',
    (_, one) => {
      const [x, y] = [rows(one.x), rows(one.y)];
      expect(kernelDistance(x, y) / one.kernel).toBeCloseTo(1, 8);
      expect(frechetDistance(x, y) / one.frechet).toBeCloseTo(1, 6);
      expect(kernelDistance(y, x)).toBeCloseTo(kernelDistance(x, y), 10);
      expect(frechetDistance(y, x) / frechetDistance(x, y)).toBeCloseTo(1, 8);
    },
  );

  it('of two Gaussians come to what the closed forms say', () => {
    const x = gaussians(20_000, [0, 0, 0], [1, 1, 1], 0);
    const y = gaussians(20_000, [0.5, 0, -1], [1, 2, 0.5], 1);
    // ‖μ₁−μ₂‖² + Σ (σ₁−σ₂)²
    expect(frechetDistance(x, y)).toBeCloseTo(0.25 + 1 + 1 + 0.25, 1);
    // d = 1: E (xy+1)³ = m₃m₃′ + 3m₂m₂′ + 3m₁m₁′ + 1 with raw moments; N(0,1) has 0, 1, 0 and N(1,1) has 1, 2, 4.
    const [a, b] = [gaussians(2_000, [0], [1], 2), gaussians(2_000, [1], [1], 3)];
    const within = [0 + 3 + 0 + 1, 16 + 12 + 3 + 1];
    const between = 0 + 6 + 0 + 1;
    // Its standard error is about 0.7 here.
    expect(Math.abs(kernelDistance(a, b) - (within[0]! + within[1]! - 2 * between))).toBeLessThan(2.5);
  });

  it('are 0 of a set and itself by Fréchet, and by kernel unbiased: below 0 as often as above', () => {
    const x = gaussians(30, [0, 0, 0, 0], [1, 2, 3, 4], 0);
    expect(frechetDistance(x, x)).toBeCloseTo(0, 4);
    const draws = Array.from({ length: 60 }, (_, at) =>
      kernelDistance(gaussians(20, [0, 0], [1, 1], 10 + 2 * at), gaussians(20, [0, 0], [1, 1], 11 + 2 * at)),
    );
    const below = draws.filter((value) => value < 0).length;
    expect(below).toBeGreaterThan(18);
    expect(below).toBeLessThan(54);
  });

  it('by Fréchet do not mind a channel that never varies', () => {
    const x = gaussians(50, [1, 0], [0, 1], 5);
    const y = gaussians(50, [3, 0], [0, 1], 6);
    expect(frechetDistance(x, y)).toBeGreaterThan(4);
    expect(frechetDistance(x, y)).toBeLessThan(4.3);
  });
});
