import type { FidelityBaseline, FidelityPoint, StrengthRange } from '../contract.js';
import { STREAMS, uniforms } from '../diffusion/random.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { frechetDistance, kernelDistance } from '../learning/distances.js';
import { components } from '../shift/principal.js';
import { rowsOf } from './replay.js';

/** Distances are taken along no more components, and along no more than a quarter as many as a point has samples. */
const MOST_COMPONENTS = 16;
/** Samples whose principal components they are. */
const COMPONENT_SAMPLES = 256;
/** A component of less than this share of the first one's variance is rounding. */
const LEAST_VARIANCE = 1e-6;
/** Faithful: no further from unshifted samples than so many times what these are from each other. */
const FAITHFUL_RATIO = 2;

/**
 * Measures how far shifted samples are from unshifted ones, along the first principal components of the unshifted
 * features, each in its own standard deviations. (Measured on portraits-32: without that scale the first component alone
 * decides, and sets of 32 unshifted samples come out at 0.3 to 2.4 times the baseline, with it at 0.7 to 1.4.)
 *
 * The unshifted samples are dealt at random into parts of n. What a part is away from all the others is the baseline, what
 * n shifted samples are away from the same others is the distance, each a mean over the parts: both have the bias of the
 * same sample counts.
 */
export class FidelityGauge {
  readonly baseline: FidelityBaseline;
  private readonly mean: Float64Array;
  private readonly components: readonly Float32Array[];
  private readonly unshifted: FloatTensor;
  /** All unshifted rows but those of one part. */
  private readonly others: readonly FloatTensor[];

  /** `features` `[N,d]` of unshifted samples, N at least 2n; `samples` (n) of each set to come. */
  constructor(features: FloatTensor, samples: number, seed: number) {
    this.mean = meanRow(features);
    this.components = mainComponents(features, Math.min(MOST_COMPONENTS, Math.floor(samples / 4)));
    this.unshifted = this.along(features);
    const order = permutation(features.shape[0] ?? 0, seed);
    const starts = Array.from({ length: Math.floor(order.length / samples) }, (_, part) => part * samples);
    const parts = starts.map((start) => pick(this.unshifted, order.slice(start, start + samples)));
    this.others = starts.map((start) => pick(this.unshifted, order.toSpliced(start, samples)));
    const apart = (distance: typeof kernelDistance) =>
      mean(parts.map((part, index) => distance(part, this.others[index] as FloatTensor)));
    this.baseline = { samples, kid: apart(kernelDistance), frechetDistance: apart(frechetDistance) };
  }

  /** Of n samples shifted at `strength`, as features `[n,d]`. */
  point(strength: number, features: FloatTensor): FidelityPoint {
    const shifted = this.along(features);
    return {
      strength,
      kid: kernelDistance(shifted, this.unshifted),
      frechetDistance: mean(this.others.map((others) => frechetDistance(shifted, others))),
    };
  }

  /** Coordinates along the components, in standard deviations: `[·,d]` → `[·,components]`. */
  private along({ shape, data }: FloatTensor): FloatTensor {
    const [n, width] = shape as [number, number];
    const out = floatTensor([n, this.components.length]);
    this.components.forEach((component, m) => {
      const square = component.reduce((sum, value) => sum + value * value, 0) || 1;
      for (let row = 0; row < n; row += 1) {
        let sum = 0;
        for (let at = 0; at < width; at += 1)
          sum += ((data[row * width + at] ?? 0) - (this.mean[at] ?? 0)) * (component[at] ?? 0);
        out.data[row * this.components.length + m] = sum / square;
      }
    });
    return out;
  }
}

/**
 * The interval around 0 in which the Fréchet distance stays within twice the baseline. On each side: out to the first
 * tested strength that exceeds it, and from there back to where the line to the tested strength before (to the baseline
 * itself at 0) reaches twice the baseline. A side that never exceeds it goes to its last tested strength.
 */
export function faithfulRange(points: readonly FidelityPoint[], { frechetDistance }: FidelityBaseline): StrengthRange {
  const limit = FAITHFUL_RATIO * frechetDistance;
  const reach = (sign: number) => {
    const side = points
      .filter(({ strength }) => strength * sign > 0)
      .sort((a, b) => Math.abs(a.strength) - Math.abs(b.strength));
    let inner = { strength: 0, frechetDistance };
    for (const outer of side) {
      if (outer.frechetDistance > limit) {
        const part = (limit - inner.frechetDistance) / (outer.frechetDistance - inner.frechetDistance);
        return inner.strength + part * (outer.strength - inner.strength);
      }
      inner = outer;
    }
    return inner.strength;
  };
  return { min: reach(-1), max: reach(1) };
}

function meanRow({ shape, data }: FloatTensor): Float64Array {
  const [n, width] = shape as [number, number];
  const out = new Float64Array(width);
  data.forEach((value, at) => {
    out[at % width] = (out[at % width] ?? 0) + value / n;
  });
  return out;
}

/** The first principal components of rows `[N,d]`, one standard deviation long; at least one. */
function mainComponents(features: FloatTensor, count: number): Float32Array[] {
  const [n, width] = features.shape as [number, number];
  const used = rowsOf(features, 0, Math.min(n, COMPONENT_SAMPLES));
  const found = components(used, Math.min(count, width));
  const rows = Array.from({ length: Math.min(count, width) }, (_, m) => found.subarray(m * width, (m + 1) * width));
  const [first = 0, ...variances] = rows.map((row) => row.reduce((sum, value) => sum + value * value, 0));
  return rows.filter((_, m) => m === 0 || (variances[m - 1] ?? 0) > LEAST_VARIANCE * first);
}

/** 0 … count−1 in an order that the seed determines (Fisher–Yates). */
function permutation(count: number, seed: number): number[] {
  const numbers = uniforms({ seed, stream: STREAMS.fidelity, sample: 0, step: 0 }, count);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor((numbers[last] ?? 0) * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

function pick({ shape, data }: FloatTensor, rows: readonly number[]): FloatTensor {
  const width = shape[1] ?? 1;
  const out = floatTensor([rows.length, width]);
  rows.forEach((row, at) => {
    out.data.set(data.subarray(row * width, (row + 1) * width), at * width);
  });
  return out;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
