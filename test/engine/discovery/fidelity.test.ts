import { describe, expect, it } from 'vitest';
import type { DiscoveryConfig, FidelityPoint } from '../../../src/engine/contract.js';
import { normals } from '../../../src/engine/diffusion/random.js';
import { durations } from '../../../src/engine/discovery/estimate.js';
import { FidelityGauge, faithfulRange } from '../../../src/engine/discovery/fidelity-gauge.js';
import { scoringPlan } from '../../../src/engine/discovery/scoring-plan.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { TINY_DISCOVERY } from '../../helpers/models.js';

/** Standard deviations of eight independent channels. */
const DEVIATIONS = [100, 30, 10, 5, 3, 0.1, 0.1, 0.1];

/** Rows of normals with these deviations, each channel moved by `means`. */
function features(n: number, sample: number, means: readonly number[] = []): FloatTensor {
  const d = DEVIATIONS.length;
  const drawn = normals({ seed: 5, stream: 0, sample, step: 0 }, n * d);
  return floatTensor(
    [n, d],
    drawn.map((value, at) => 7 + DEVIATIONS[at % d]! * value + (means[at % d] ?? 0)),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a fidelity gauge', () => {
  it.each([16, 32, 64])('finds %i samples of the same distribution as far away as its baseline, without bias', (n) => {
    const gauge = new FidelityGauge(features(512, 0), n, 0);
    const points = Array.from({ length: 60 }, (_, at) => gauge.point(1, features(n, 100 + at)));
    const ratio = mean(points.map(({ frechetDistance }) => frechetDistance / gauge.baseline.frechetDistance));
    // A single one is off by a third, the baseline itself by a tenth.
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
    const kids = points.map(({ kid }) => kid);
    const error = Math.sqrt(mean(kids.map((kid) => (kid - mean(kids)) ** 2)) / kids.length);
    expect(Math.abs(mean(kids))).toBeLessThan(4 * error + 0.05);
    expect(gauge.baseline.samples).toBe(n);
  });

  it('measures in standard deviations: a mean moved by two of them along any main component is a distance of 4', () => {
    const gauge = new FidelityGauge(features(512, 0), 32, 0);
    for (const channel of [0, 1, 2, 3, 4]) {
      const means = DEVIATIONS.map((deviation, at) => (at === channel ? 2 * deviation : 0));
      const excess = Array.from({ length: 20 }, (_, at) => {
        const { frechetDistance } = gauge.point(1, features(32, 200 + at, means));
        return frechetDistance - gauge.point(1, features(32, 200 + at)).frechetDistance;
      });
      expect(mean(excess)).toBeGreaterThan(3.4);
      expect(mean(excess)).toBeLessThan(4.6);
    }
  });

  it('sees samples that vary too little as well as ones that vary too much', () => {
    const gauge = new FidelityGauge(features(512, 0), 64, 0);
    const scaled = (factor: number) => {
      const { shape, data } = features(64, 300);
      return floatTensor(
        shape,
        data.map((value) => 7 + factor * (value - 7)),
      );
    };
    for (const factor of [0.1, 3]) {
      expect(gauge.point(1, scaled(factor)).frechetDistance).toBeGreaterThan(2 * gauge.baseline.frechetDistance);
    }
  });

  it('gives the same numbers again, and others for another seed', () => {
    const gauge = (seed: number) => new FidelityGauge(features(512, 0), 16, seed);
    expect(gauge(1).baseline).toEqual(gauge(1).baseline);
    expect(gauge(1).point(3, features(16, 9))).toEqual(gauge(1).point(3, features(16, 9)));
    expect(gauge(2).baseline).not.toEqual(gauge(1).baseline);
  });

  it('takes features that do not vary at all', () => {
    const constant = floatTensor([64, 4], new Float32Array(256).fill(3));
    const gauge = new FidelityGauge(constant, 16, 0);
    const point = gauge.point(1, floatTensor([16, 4], new Float32Array(64).fill(3)));
    expect([gauge.baseline.frechetDistance, point.frechetDistance, point.kid]).toEqual([0, 0, 0]);
  });
});

describe('the faithful range', () => {
  const baseline = { samples: 32, kid: 0, frechetDistance: 1 };
  const points = (distances: Record<number, number>): FidelityPoint[] =>
    Object.entries(distances).map(([strength, frechetDistance]) => ({
      strength: Number(strength),
      kid: 0,
      frechetDistance,
    }));

  it.each<[string, Record<number, number>, { min: number; max: number }]>([
    ['everything within', { '-6': 2, '-3': 1.5, '3': 0.7, '6': 1.9 }, { min: -6, max: 6 }],
    // Line from (3, 1.5) to (6, 3.5): 2 at 3.75. From (0, 1) to (-3, 5): 2 at -0.75.
    ['beyond on both sides', { '-6': 9, '-3': 5, '3': 1.5, '6': 3.5 }, { min: -0.75, max: 3.75 }],
    ['back within after an excess', { '-6': 1, '-3': 3, '3': 1, '6': 1 }, { min: -1.5, max: 6 }],
  ])('with %s', (_, distances, range) => {
    const found = faithfulRange(points(distances), baseline);
    expect(found.min).toBeCloseTo(range.min, 12);
    expect(found.max).toBeCloseTo(range.max, 12);
  });
});

describe('the plan of a scoring', () => {
  const config: DiscoveryConfig = {
    ...TINY_DISCOVERY,
    directions: 16,
    trainingSteps: 400,
    batchSize: 8,
    samplingSteps: 10,
  };

  it('measures fidelity at ±maxStrength and half of it, with what a quarter of the training leaves', () => {
    // 8·(64 + 400 + 2·360) trajectories, a quarter of them less two for each of 512 pairs, over 64 points.
    expect(scoringPlan(config)).toEqual({
      pairs: 512,
      strengths: [-6, -3, 3, 6],
      samples: 21,
      trajectories: 1024 + 64 * 21,
    });
    expect(scoringPlan({ ...config, trainingSteps: 100_000 }).samples).toBe(64);
  });

  it.each<[string, Partial<DiscoveryConfig>]>([
    ['a training too short for sixteen samples a point', { trainingSteps: 330 }],
    ['as long a one of a baseline, which has no gradients', { method: 'PCA' }],
  ])('leaves fidelity out of %s', (_, change) => {
    expect(scoringPlan({ ...config, ...change })).toMatchObject({ pairs: 512, samples: 0, trajectories: 1024 });
  });

  it('is part of what a discovery is estimated to take, and no more than a quarter of its training', () => {
    // One sampling step of a batch takes a second, its gradient two, what follows the images nothing.
    const times = { plain: 3, shifted: 3, gradient: 6, rest: 0 };
    const shape = { sampleShape: [3, 32, 32] } as const;
    const { secondsPerStep, totalSeconds } = durations(times, { ...config, start: 'INDEPENDENT' }, 3, shape);
    const training = 10 * (64 + 400 + 2 * 360);
    expect(secondsPerStep).toBeCloseTo(training / 400, 9);
    // Sixty-four components up and down, in 32 samples.
    const effects = ((2 * 64 * 32) / 8) * 5;
    const statistics = (256 / 8) * 10;
    const features = (512 + 64 * 21) / 8 / 2;
    const scoring = (10 * (2 * 512 + 64 * 21)) / 8 + features;
    expect(totalSeconds).toBeCloseTo(training + statistics + effects + scoring, 6);
    expect(durations(times, { ...config, start: 'PRINCIPAL' }, 3, shape).totalSeconds).toBeCloseTo(
      training + statistics + scoring,
      6,
    );
    // Two of the ten steps' gradients.
    const fewer = durations(times, { ...config, gradientSteps: 2 }, 3, shape).secondsPerStep ?? 0;
    expect(fewer * 400).toBeCloseTo(10 * (64 + 400) + 2 * 2 * 360, 6);
    // The features come on top, where R and D, which cost nothing here, come to more.
    expect(scoring - features).toBeLessThanOrEqual(training / 4);
  });

  it('takes eight pairs of each of many directions', () => {
    expect(scoringPlan({ ...config, directions: 100 }).pairs).toBe(800);
  });
});
