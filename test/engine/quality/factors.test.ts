import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import {
  type FactorSpec,
  factorDeviation,
  factorDifference,
  factorTargets,
  readFactor,
} from '../../../src/engine/quality/factors.js';

const FACTORS: readonly FactorSpec[] = [
  { name: 'hue', kind: 'circular' },
  { name: 'length', kind: 'continuous' },
  { name: 'glasses', kind: 'binary' },
];
const hue = FACTORS[0] as FactorSpec;

describe('known factors', () => {
  it('are read back from what a perfect regressor gives', () => {
    const values = Float32Array.of(0.1, 0.25, 1, 0.9, 0.75, 0);
    const targets = factorTargets(FACTORS, values);
    expect(targets.shape).toEqual([2, 4]);
    for (const [f, expected] of [
      [0.1, 0.9],
      [0.25, 0.75],
      [1, 0],
    ].entries()) {
      const read = readFactor(FACTORS, targets, f);
      expected.forEach((value, row) => {
        expect(read[row]).toBeCloseTo(value, 5);
      });
    }
  });

  it('differ by the shorter way round where they are circular', () => {
    expect(factorDifference(hue, 0.05, 0.95)).toBeCloseTo(0.1, 12);
    expect(factorDifference(hue, 0.95, 0.05)).toBeCloseTo(-0.1, 12);
    expect(factorDifference(FACTORS[1] as FactorSpec, 0.95, 0.05)).toBeCloseTo(0.9, 12);
  });

  it('spread about their circular mean, across the place where 1 is 0 again', () => {
    const around = Float64Array.of(0.95, 0.98, 0.02, 0.05);
    const straight = Float64Array.of(0.45, 0.48, 0.52, 0.55);
    expect(factorDeviation(hue, around)).toBeCloseTo(factorDeviation(FACTORS[1] as FactorSpec, straight), 9);
  });

  it('have a deviation of 1/√12 where they are uniform, circular or not', () => {
    const uniform = Float64Array.from({ length: 1000 }, (_, at) => (at + 0.5) / 1000);
    for (const factor of FACTORS.slice(0, 2)) {
      expect(factorDeviation(factor, uniform)).toBeCloseTo(1 / Math.sqrt(12), 3);
    }
    const targets = factorTargets([FACTORS[1] as FactorSpec], Float32Array.from(uniform));
    const mean = targets.data.reduce((sum, value) => sum + value ** 2, 0) / 1000;
    expect(mean).toBeCloseTo(1, 3);
    expect(floatTensor([1000, 1], targets.data).shape).toEqual(targets.shape);
  });
});
