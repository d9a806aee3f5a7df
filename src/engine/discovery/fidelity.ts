import type { DirectionScore, FidelityPoint } from '../contract.js';
import { normals, STREAMS } from '../diffusion/random.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { ImageFeatures } from './features.js';
import { FidelityGauge, faithfulRange } from './fidelity-gauge.js';
import type { Progress, Scoring } from './scoring.js';
import type { ScoringPlan } from './scoring-plan.js';

export type Fidelity = Required<Pick<DirectionScore, 'fidelity' | 'fidelityBaseline' | 'strengthRange'>>;

/** Of a direction whose training was too short to afford it. */
export const UNMEASURED: Fidelity = { fidelity: [], fidelityBaseline: null, strengthRange: null };

/** One shifted sample: the `sample`-th of the set of one direction at one strength. */
interface Slot {
  readonly direction: number;
  readonly strength: number;
  readonly sample: number;
}

/**
 * Compares each direction, at each strength of the plan, with unshifted features `[N,d]`. All points start from the same
 * noises, which no unshifted sample started from. Null if it was stopped.
 */
export async function measureFidelity(
  scoring: Scoring,
  plan: ScoringPlan,
  features: ImageFeatures,
  unshifted: FloatTensor,
  progress: Progress,
): Promise<Fidelity[] | null> {
  const { config, between } = scoring;
  const gauge = new FidelityGauge(unshifted, plan.samples, config.seed);
  const points = Array.from({ length: config.directions }, (): FidelityPoint[] => []);
  const slots = slotsOf(plan, config.directions);
  const width = unshifted.shape[1] ?? 1;
  const rows = floatTensor([plan.samples, width]);
  for (let first = 0; first < slots.length; first += config.batchSize) {
    const batch = slots.slice(first, first + config.batchSize);
    const found = await features.of(await shiftedImages(scoring, batch));
    for (const [row, { direction, strength, sample }] of batch.entries()) {
      rows.data.set(found.data.subarray(row * width, (row + 1) * width), sample * width);
      if (sample < plan.samples - 1) continue;
      await between();
      points[direction]?.push(gauge.point(strength, rows));
    }
    if (!(await progress(batch.length))) return null;
  }
  const fidelityBaseline = gauge.baseline;
  return points.map((fidelity) => {
    return { fidelity, fidelityBaseline, strengthRange: faithfulRange(fidelity, fidelityBaseline) };
  });
}

/** Point after point, sample after sample. */
function slotsOf({ strengths, samples }: ScoringPlan, directions: number): Slot[] {
  const indices = (count: number) => Array.from({ length: count }, (_, index) => index);
  return indices(directions).flatMap((direction) =>
    strengths.flatMap((strength) => indices(samples).map((sample) => ({ direction, strength, sample }))),
  );
}

/** Finished images `[N,C,H,W]`; a last batch that is not full is filled up with its first sample. */
async function shiftedImages({ model, config, trainer, state, between }: Scoring, batch: readonly Slot[]) {
  const full = Array.from({ length: config.batchSize }, (_, row) => batch[row] ?? (batch[0] as Slot));
  const size = sizeOf(model.sampleShape);
  const noise = floatTensor([config.batchSize, ...model.sampleShape]);
  full.forEach(({ sample }, row) => {
    noise.data.set(
      normals({ seed: config.seed, stream: STREAMS.fidelity, sample: 1 + sample, step: 0 }, size),
      row * size,
    );
  });
  const choice = {
    directions: full.map(({ direction }) => direction),
    strengths: full.map(({ strength }) => strength),
  };
  const phi = state.shift.parameters['phi'] as FloatTensor;
  const { samples } = await trainer.samplers.shifted(noise, phi, choice, between);
  await between();
  return samples.at(-1) as FloatTensor;
}
