import { Matrix, solve } from 'ml-matrix';
import type { ReverseProcess } from '../contract.js';
import type { Between } from '../diffusion/trajectory.js';
import type { FloatTensor } from '../graph/tensor.js';
import type { DirectionBank } from '../shift/bank.js';
import { deltaHOf, type ShiftSetting } from './delta-h.js';
import type { EditedSampler } from './edited-sampler.js';

/** Samples that an effect is measured on: the rows of a batch. */
export const EFFECT_SAMPLES = 8;
/** Small enough for the image to answer in proportion. */
const STRENGTH = 1;
/** Seeds to fit on, and others to judge by. */
const [FIT_SEED, JUDGE_SEED] = [1000, 2000];

export interface Setting {
  readonly process: ReverseProcess;
  readonly samplingSteps: number;
}

/** Measures what a direction does to images. `sampler` has {@link EFFECT_SAMPLES} rows. */
export class EffectGauge {
  constructor(
    private readonly sampler: EditedSampler,
    private readonly sampleDirections: ShiftSetting['sampleDirections'],
  ) {}

  /** Change of the images per unit of strength, `[8·C·H·W]`: (x(s) − x(−s)) / 2s. `judged` takes the other 8 samples. */
  async effect(
    bank: DirectionBank,
    { process, samplingSteps }: Setting,
    judged: boolean,
    between: Between,
  ): Promise<Float64Array> {
    const { sampler, sampleDirections } = this;
    const seeds = Array.from({ length: sampler.batch }, (_, row) => (judged ? JUDGE_SEED : FIT_SEED) + row);
    const imagesAt = async (strength: number) => {
      const strengths = () => seeds.map(() => strength);
      const setting = { samplingSteps, process, zero: () => sampler.zero(), sampleDirections, between };
      const deltaH = deltaHOf([{ bank, directionIndex: 0, strengths }], setting);
      let last: FloatTensor | null = null;
      for await (const { x } of sampler.sample(seeds, samplingSteps, 0, deltaH, between)) last = x;
      return (last as FloatTensor).data;
    };
    const [up, down] = [await imagesAt(STRENGTH), await imagesAt(-STRENGTH)];
    return Float64Array.from(up, (value, at) => (value - (down[at] ?? 0)) / (2 * STRENGTH));
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

/** |cosine| of two effects; 0 where one is none. */
export function cosine(a: Float64Array, b: Float64Array): number {
  const length = Math.sqrt(dot(a, a) * dot(b, b));
  return length === 0 ? 0 : Math.min(1, Math.abs(dot(a, b)) / length);
}

/** The shares of `parts` in `target` that leave the least of it. */
export function leastSquares(parts: readonly Float64Array[], target: Float64Array): number[] {
  const gram = new Matrix(parts.map((a) => parts.map((b) => dot(a, b))));
  const right = Matrix.columnVector(parts.map((part) => dot(part, target)));
  // Through the singular values: two of the parts may be the same direction.
  return solve(gram, right, true).to1DArray();
}
