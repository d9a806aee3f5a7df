import { describe, expect, it } from 'vitest';
import { Scorecard } from '../../../src/engine/discovery/scorecard.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { spearman } from '../../../src/engine/learning/correlation.js';
import { generator } from '../../helpers/numeric.js';

interface Pair {
  readonly k: number;
  readonly s: number;
  readonly effect: readonly number[];
  readonly named: number;
  readonly read: number;
}

function scorecardOf(directions: number, pairs: readonly Pair[], extent = 2): Scorecard {
  const scorecard = new Scorecard(directions, 6, true);
  const shape = [1, 1, extent, extent];
  for (const { k, s, effect, named, read } of pairs) {
    scorecard.add({
      choice: { directions: [k], strengths: [s] },
      x: floatTensor(shape, new Float32Array(extent * extent).fill(0.25)),
      shifted: floatTensor(
        shape,
        Float32Array.from(effect, (value) => value + 0.25),
      ),
      named: [named],
      strength: floatTensor([1], Float32Array.of(read)),
    });
  }
  return scorecard;
}

/** Strength s moves the image by s·v. */
const linear = (k: number, v: readonly number[], strengths: readonly number[]): Pair[] =>
  strengths.map((s) => ({ k, s, effect: v.map((value) => value * s), named: k, read: s }));

describe('a scorecard', () => {
  it('knows accuracy, strength error and RMS effect per unit of strength', () => {
    const [score] = scorecardOf(1, [
      { k: 0, s: 2, effect: [0.2, 0.2, 0.2, 0.2], named: 0, read: 3 },
      { k: 0, s: -4, effect: [-0.8, 0.8, -0.8, 0.8], named: 1, read: -4.5 },
    ]).brief();
    expect(score).toMatchObject({ index: 0, accuracy: 0.5, strengthError: 0.75 });
    // (0.2/2 + 0.8/4)/2
    expect(score?.effectSize).toBeCloseTo(0.15, 6);
  });

  it('gives linear, orthogonal directions the best marks', () => {
    const strengths = [-5, -2, 1, 4];
    const scores = scorecardOf(2, [
      ...linear(0, [0.1, 0, 0, 0], strengths),
      ...linear(1, [0, 0.1, 0, 0], strengths),
    ]).full();
    for (const score of scores) {
      expect(score).toMatchObject({ accuracy: 1, dead: false, duplicateOf: null });
      expect(score.monotonicity).toBeCloseTo(1, 6);
      expect(score.uniqueness).toBeCloseTo(1, 6);
      expect(score.score).toBeCloseTo(1, 6);
    }
  });

  it('finds a duplicate, also one that points the other way, and keeps the more accurate of the two', () => {
    const strengths = [-5, -2, 1, 4];
    const missed = linear(0, [0.1, 0.02, 0, 0], strengths).map((pair, n) => ({ ...pair, named: n === 0 ? 1 : 0 }));
    const pairs = [...missed, ...linear(1, [-0.1, 0, 0, 0], strengths), ...linear(2, [0, 0, 0.1, 0], strengths)];
    const scores = scorecardOf(3, pairs).full();
    expect(scores.map(({ duplicateOf }) => duplicateOf)).toEqual([1, null, null]);
    expect(scores[0]?.uniqueness).toBeCloseTo(1 - 0.1 / Math.hypot(0.1, 0.02), 5);
  });

  it('calls a direction dead that moves the image by less than a grey level at its strongest', () => {
    const grey = 2 / 255 / 6;
    const scores = scorecardOf(2, [
      ...linear(0, new Array(4).fill(0.9 * grey), [-6, 6]),
      ...linear(
        1,
        [1.1, -1.1, 1.1, -1.1].map((value) => value * grey),
        [-6, 6],
      ),
    ]).full();
    expect(scores.map(({ dead, score }) => [dead, (score ?? 0) > 0])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('gives an effect that does not follow the strength no score', () => {
    const pairs = [1, 2, 3, 4].map((s) => ({ k: 0, s, effect: [0.1 / s, 0, 0, 0], named: 0, read: s }));
    const [score] = scorecardOf(1, pairs).full();
    expect(score?.monotonicity).toBeCloseTo(-1, 6);
    expect(score?.score).toBe(0);
  });

  it('judges large images by their averages', () => {
    const random = generator(3);
    const pattern = Array.from({ length: 64 * 64 }, (_, at) => (at % 64 < 32 ? 0.1 : -0.1));
    const noisy = (k: number, sign: number) =>
      [-4, -2, 2, 4].map((s) => ({
        k,
        s,
        effect: pattern.map((value, at) => (sign > 0 ? value : at < 2048 ? 0.1 : -0.1) * s + 0.01 * (random() - 0.5)),
        named: k,
        read: s,
      }));
    const scores = scorecardOf(2, [...noisy(0, 1), ...noisy(1, -1)], 64).full();
    // One splits left from right, the other top from bottom: orthogonal.
    expect(scores.every(({ uniqueness, duplicateOf }) => (uniqueness ?? 0) > 0.99 && duplicateOf === null)).toBe(true);
  });

  it('leaves out directions that were not seen', () => {
    expect(
      scorecardOf(3, linear(1, [1, 0, 0, 0], [2]))
        .brief()
        .map(({ index }) => index),
    ).toEqual([1]);
  });
});

describe("Spearman's correlation", () => {
  it('is 1 for any rising relation, and has the textbook value with ties', () => {
    expect(spearman([1, 2, 3, 4], [1, 8, 27, 1000])).toBeCloseTo(1, 12);
    // scipy.stats.spearmanr([1, 2, 2, 4, 5], [5, 6, 7, 8, 7]).statistic
    expect(spearman([1, 2, 2, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.7631578947368421, 12);
    expect(spearman([1, 1, 1], [1, 2, 3])).toBe(0);
  });
});
