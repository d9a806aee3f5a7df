import type { DirectionScore } from '../contract.js';
import type { FloatTensor } from '../graph/tensor.js';
import { type Measured, spearman } from '../learning/correlation.js';
import type { ShiftChoice } from './samplers.js';

/** A direction that moves the image by less than one grey level of 255 (RMS) at the largest strength is dead. */
const DEAD_CHANGE = 2 / 255;
/** |cosine| of two mean effects from which the less accurate direction counts as a duplicate. */
const DUPLICATE_COSINE = 0.95;
/** Effects are compared at no more than so many pixels a side, so that a scorecard needs little memory in any model. */
const EFFECT_EXTENT = 32;

/** Fresh pairs of one batch, and what R said of them. */
export interface JudgedPairs {
  readonly choice: ShiftChoice;
  readonly x: FloatTensor;
  readonly shifted: FloatTensor;
  /** The direction that R named, a pair each. */
  readonly named: readonly number[];
  /** ŝ, `[N]`. */
  readonly strength: FloatTensor;
}

interface Sheet {
  pairs: number;
  right: number;
  strengthError: number;
  effect: number;
  readonly seen: Measured[];
}

/** Gathers pairs, and reports per direction what they say. */
export class Scorecard {
  private readonly sheets: readonly Sheet[];

  /** `keepsEffects`: whether {@link full} will be asked for. */
  constructor(
    directions: number,
    private readonly maxStrength: number,
    private readonly keepsEffects: boolean,
  ) {
    this.sheets = Array.from({ length: directions }, () => ({
      pairs: 0,
      right: 0,
      strengthError: 0,
      effect: 0,
      seen: [],
    }));
  }

  add({ choice, x, shifted, named, strength }: JudgedPairs): void {
    const width = x.data.length / (x.shape[0] ?? 1);
    choice.directions.forEach((k, row) => {
      const sheet = this.sheets[k] as Sheet;
      const s = choice.strengths[row] ?? 1;
      const change = shifted.data.slice(row * width, (row + 1) * width);
      for (let at = 0; at < width; at += 1) change[at] = (change[at] ?? 0) - (x.data[row * width + at] ?? 0);
      sheet.pairs += 1;
      sheet.right += named[row] === k ? 1 : 0;
      sheet.strengthError += Math.abs((strength.data[row] ?? 0) - s);
      sheet.effect += Math.sqrt(change.reduce((sum, value) => sum + value * value, 0) / width) / Math.abs(s);
      if (this.keepsEffects) sheet.seen.push({ strength: s, effect: pooled(change, x.shape) });
    });
  }

  /** Accuracy, strength error and effect size of the directions that were seen. */
  brief(): DirectionScore[] {
    return this.sheets.flatMap(({ pairs, right, strengthError, effect }, index) =>
      pairs === 0
        ? []
        : [{ index, accuracy: right / pairs, strengthError: strengthError / pairs, effectSize: effect / pairs }],
    );
  }

  /** Everything, with what sets each direction apart from the others. */
  full(): DirectionScore[] {
    const means = this.sheets.map(({ seen }) => meanEffect(seen));
    const brief = this.brief();
    const accuracy = new Map(brief.map((score) => [score.index, score.accuracy]));
    const twins = duplicates(means, (k) => accuracy.get(k) ?? 0);
    return brief.map((score) => {
      const { index } = score;
      const along = (this.sheets[index] as Sheet).seen.map(({ strength, effect }) => ({
        strength,
        along: dot(effect, means[index] as Float32Array),
      }));
      const monotonicity = spearman(
        along.map(({ strength }) => strength),
        along.map((point) => point.along),
      );
      const uniqueness = 1 - nearest(means, index);
      const dead = score.effectSize * this.maxStrength < DEAD_CHANGE;
      const total = dead ? 0 : score.accuracy * Math.max(0, monotonicity) * uniqueness;
      return { ...score, monotonicity, uniqueness, dead, duplicateOf: twins.get(index) ?? null, score: total };
    });
  }
}

/** One image's change `[C,H,W]`, averaged down to at most 32 pixels a side. */
function pooled(change: Float32Array, [, channels, height, width]: readonly number[]): Float32Array {
  const [c, h, w] = [channels ?? 1, height ?? 1, width ?? 1];
  const factor = Math.max(1, Math.floor(Math.max(h, w) / EFFECT_EXTENT));
  if (factor === 1) return change;
  const [rows, columns] = [Math.floor(h / factor), Math.floor(w / factor)];
  const out = new Float32Array(c * rows * columns);
  for (let channel = 0; channel < c; channel += 1) {
    for (let y = 0; y < rows * factor; y += 1) {
      for (let x = 0; x < columns * factor; x += 1) {
        const at = (channel * rows + Math.floor(y / factor)) * columns + Math.floor(x / factor);
        out[at] = (out[at] ?? 0) + (change[(channel * h + y) * w + x] ?? 0) / (factor * factor);
      }
    }
  }
  return out;
}

/** Mean change per unit of strength, as a unit vector. */
function meanEffect(seen: readonly Measured[]): Float32Array {
  const out = new Float32Array(seen[0]?.effect.length ?? 0);
  for (const { strength, effect } of seen) {
    for (let at = 0; at < out.length; at += 1) out[at] = (out[at] ?? 0) + (effect[at] ?? 0) / strength / seen.length;
  }
  const norm = Math.sqrt(dot(out, out)) || 1;
  return out.map((value) => value / norm);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** Largest |cosine| of one mean effect with another's. */
function nearest(means: readonly Float32Array[], index: number): number {
  const own = means[index] as Float32Array;
  return Math.min(
    1,
    means.reduce((largest, other, k) => (k === index ? largest : Math.max(largest, Math.abs(dot(own, other)))), 0),
  );
}

/** Which direction repeats which: the most accurate of a group stands, the others point at it. */
function duplicates(means: readonly Float32Array[], accuracy: (k: number) => number): Map<number, number> {
  const order = [...means.keys()].sort((a, b) => accuracy(b) - accuracy(a) || a - b);
  const standing: number[] = [];
  const found = new Map<number, number>();
  for (const k of order) {
    const own = means[k] as Float32Array;
    const twin = standing.find((other) => Math.abs(dot(own, means[other] as Float32Array)) >= DUPLICATE_COSINE);
    if (twin === undefined) standing.push(k);
    else found.set(k, twin);
  }
  return found;
}
