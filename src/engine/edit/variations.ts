import type { DirectionBankRef, ReverseProcess, Shift } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import type { Between } from '../diffusion/trajectory.js';
import { EngineError } from '../errors.js';
import { type DirectionBank, decodeBank } from '../shift/bank.js';
import { type BaseTrajectory, firstRow, repeated } from './base-trajectory.js';
import { type CurvePoint, curveWeight, timeOf } from './curve.js';
import { type AppliedShift, deltaHOf, type ShiftSetting } from './delta-h.js';
import type { SampledStep } from './edited-sampler.js';
import type { NoisyStep } from './sampling.js';

export interface VariationStep extends NoisyStep {
  /** One entry a variation, each `[1,C,H,W]`. */
  readonly sampled: readonly SampledStep[];
}

export interface VariationSetting {
  readonly process: ReverseProcess;
  readonly sampleDirections: ShiftSetting['sampleDirections'];
  readonly between: Between;
}

/** How many variations fit into one session run: the unedited sample rides along until it is known. */
export function roomFor(base: BaseTrajectory): number {
  const { batch } = base.sampler;
  return batch > 1 && base.known < base.steps.length ? batch - 1 : batch;
}

/**
 * Samples variations of one base, as many as {@link roomFor} at most, one session run a step. The steps before any shift
 * sets in are those of the base. Zero shifts give the base's own bytes.
 */
export async function* sampleVariations(
  base: BaseTrajectory,
  variations: readonly (readonly Shift[])[],
  { process, sampleDirections, between }: VariationSetting,
): AsyncGenerator<VariationStep, void, void> {
  const { sampler, steps } = base;
  const { model, batch } = sampler;
  const samplingSteps = steps.length;
  const riders = batch - roomFor(base);
  const rows = Array.from({ length: batch }, (_, at) => variations[at - riders] ?? []);
  const applied = appliedShifts(model, rows);
  const shared = riders > 0 ? 0 : idleSteps(applied, samplingSteps);
  for (const at of steps.slice(0, shared)) {
    const sampled = await base.step(at.stepIndex, between);
    yield { ...at, sampled: variations.map(() => sampled) };
  }
  if (shared === samplingSteps) return;
  const deltaH = deltaHOf(applied, { samplingSteps, process, zero: () => sampler.zero(), sampleDirections, between });
  const seeds = rows.map(() => base.base.seed);
  let x = repeated(await base.entering(shared, between), batch);
  for (const at of steps.slice(shared)) {
    await between();
    const made = await sampler.step({ ...at, seeds }, x, await deltaH(at.step, at.stepIndex, x));
    x = made.x;
    if (riders > 0) base.record(firstRow(made, 0));
    yield { ...at, sampled: variations.map((_, index) => firstRow(made, index + riders)) };
  }
}

/** Leading steps at which no shift acts. */
function idleSteps(applied: readonly AppliedShift[], samplingSteps: number): number {
  const acts = (stepIndex: number) =>
    applied.some(({ strengths }) => strengths(timeOf(stepIndex, samplingSteps)).some((strength) => strength !== 0));
  const first = Array.from({ length: samplingSteps }, (_, stepIndex) => stepIndex).find(acts);
  return first ?? samplingSteps;
}

interface Group {
  readonly bank: DirectionBank;
  readonly directionIndex: number;
  readonly uses: { readonly row: number; readonly strength: number; readonly curve: readonly CurvePoint[] }[];
}

/** The shifts of a batch, one for each direction: strengths Σ s·weight(t) of each row. */
function appliedShifts(model: DiffusionModel, rows: readonly (readonly Shift[])[]): AppliedShift[] {
  const groups: Group[] = [];
  for (const [row, shifts] of rows.entries()) {
    for (const { bank: ref, directionIndex, strength, curve } of shifts) {
      const bank = bankFor(model, ref);
      const known = groups.find((group) => group.bank === bank && group.directionIndex === directionIndex);
      const group = known ?? { bank, directionIndex, uses: [] };
      if (!known) groups.push(group);
      group.uses.push({ row, strength, curve });
    }
  }
  return groups.map(({ bank, directionIndex, uses }) => ({
    bank,
    directionIndex,
    strengths: (t) => {
      const sums = new Array<number>(rows.length).fill(0);
      for (const { row, strength, curve } of uses) sums[row] = (sums[row] ?? 0) + strength * curveWeight(curve, t);
      return sums;
    },
  }));
}

/** A bank that checks out as the model's. */
export function bankFor(model: DiffusionModel, ref: DirectionBankRef): DirectionBank {
  const bank = decodeBank(ref);
  if (bank.statistics.modelHash === model.hash) return bank;
  throw new EngineError(
    'BAD_USER_INPUT',
    `direction: expected one of model ${model.hash}, got one of ${bank.statistics.modelHash}.`,
  );
}
