import { describe, expect, it } from 'vitest';
import { disentanglementOf, mainFactor } from '../../../src/engine/quality/disentanglement.js';

const ones = (rows: number, columns: number) => Array.from({ length: rows }, () => new Array<number>(columns).fill(1));

describe('disentanglement, completeness and gap', () => {
  it('are 1 where every direction has a factor of its own, whatever its sign and size', () => {
    const effects = [
      [0, -2, 0],
      [0.1, 0, 0],
      [0, 0, 5],
    ];
    expect(disentanglementOf(effects, ones(3, 3))).toEqual({
      disentanglement: 1,
      completeness: 1,
      gap: 1,
      covered: [0, 1, 2],
    });
  });

  it('are 0 where every direction changes everything alike', () => {
    const { disentanglement, completeness, gap, covered } = disentanglementOf(ones(4, 3), ones(4, 3));
    expect(disentanglement).toBeCloseTo(0, 12);
    expect(completeness).toBeCloseTo(0, 12);
    expect(gap).toBe(0);
    expect(covered).toEqual([]);
  });

  it('follow the entropies of Eastwood and Williams, weighted by total effect', () => {
    // Row 0 is split evenly over 2 of 2 factors (entropy 1), row 1 not at all (0); their weights are 2 : 6.
    const { disentanglement, completeness, gap } = disentanglementOf(
      [
        [1, 1],
        [0, 6],
      ],
      ones(2, 2),
    );
    expect(disentanglement).toBeCloseTo(0.75, 12);
    // Column 0 has one direction; column 1 shares 1/7 and 6/7; their weights are 1 : 7.
    const entropy = -(1 / 7) * Math.log2(1 / 7) - (6 / 7) * Math.log2(6 / 7);
    expect(completeness).toBeCloseTo(1 / 8 + (7 / 8) * (1 - entropy), 12);
    expect(gap).toBeCloseTo((1 + 5 / 6) / 2, 12);
  });

  it('count a factor as covered by half of a direction’s effect, and only where samples follow the strength', () => {
    const effects = [
      [0.5, -0.5, 0],
      [0, 0.4, 0.6],
    ];
    const correlation = [
      [0.95, 0.89, 0],
      [0, 1, 0.9],
    ];
    expect(disentanglementOf(effects, correlation).covered).toEqual([0, 2]);
  });

  it('are 0 for directions that do nothing', () => {
    expect(disentanglementOf([[0, 0]], ones(1, 2))).toMatchObject({ disentanglement: 0, completeness: 0, covered: [] });
    expect(mainFactor([0, 0])).toEqual({ factor: 0, share: 0 });
  });
});
