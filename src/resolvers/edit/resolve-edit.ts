import type { DirectionRow, EditOptionsRow, ModelRow, NewEdit, ShiftRow } from '../../storage/types.js';
import { checkCount, checkInteger, checkNumber } from '../checks.js';
import { ApiError, inputError, mismatch } from '../errors.js';
import { rowIdOf } from '../ids.js';
import {
  type ApplyEditInput,
  type CurvePointInput,
  EDIT_DEFAULTS,
  type ShiftInput,
  type StartSweepInput,
} from './edit.input.js';

const SEED_MAX = 2 ** 31 - 1;
const SHIFTS_MAX = 32;
const CURVE_MAX = 64;
const COARSE_MAX = 50;
const SWEEP_MAX = 256;
const WEIGHT_RANGE = { min: -100, max: 100 };

/** What can be checked without looking at any row but the model's. */
export type EditRequest = Omit<NewEdit, 'reverseProcess' | 'warnings' | 'shifts' | 'rerunOfId'> & {
  readonly shifts: readonly ShiftRow[];
};

/** BAD_USER_INPUT names the field. */
export function resolveEdit(input: ApplyEditInput, model: ModelRow): EditRequest {
  const { trainTimesteps } = model;
  const { samplingSteps, eta, previewEvery, previewSize, replaces } = input;
  const steps = { min: 1, max: Math.min(1000, trainTimesteps), advice: `The model has ${trainTimesteps} timesteps.` };
  return {
    modelId: model.id,
    ...baseOf(input),
    shifts: checkCount('input.shifts', input.shifts, SHIFTS_MAX).map(shiftOf),
    samplingSteps: checkInteger('input.samplingSteps', samplingSteps ?? EDIT_DEFAULTS.samplingSteps, steps),
    eta: checkNumber('input.eta', eta ?? EDIT_DEFAULTS.eta, { min: 0, max: 1 }),
    previewEvery: checkInteger('input.previewEvery', previewEvery ?? EDIT_DEFAULTS.previewEvery, { min: 1, max: 1000 }),
    previewSize: previewSize == null ? null : checkInteger('input.previewSize', previewSize, { min: 8, max: 2048 }),
    options: optionsOf(input, steps),
    replaces: replaces == null ? null : rowIdOf('Edit', 'input.replaces', replaces),
  };
}

function baseOf({ seed, imageId, fit }: ApplyEditInput): Pick<NewEdit, 'seed' | 'imageId'> {
  const exactlyOne = 'exactly one of seed and imageId';
  if (seed != null && imageId != null) throw mismatch('input.seed', exactlyOne, 'both', 'Leave one out.');
  if (imageId != null) return { seed: null, imageId: rowIdOf('Image', 'input.imageId', imageId) };
  if (seed == null) throw mismatch('input.seed', exactlyOne, 'neither', 'Pass seed.');
  if (fit != null && fit !== EDIT_DEFAULTS.fit) throw mismatch('input.fit', 'an imageId beside it', 'a seed');
  return { seed: checkInteger('input.seed', seed, { min: 0, max: SEED_MAX }), imageId: null };
}

/** What differs from the defaults; a default spelt out is the same edit as one left out. */
function optionsOf(input: ApplyEditInput, steps: { readonly max: number }): EditOptionsRow {
  const { fit, previewFormat, previewTwins } = input;
  const qualityBoost = checkNumber('input.qualityBoost', input.qualityBoost ?? 0, { min: 0, max: 1 });
  const most = Math.min(COARSE_MAX, steps.max, input.samplingSteps ?? EDIT_DEFAULTS.samplingSteps);
  const coarseSteps = checkInteger('input.coarseSteps', input.coarseSteps ?? 0, { min: 0, max: most });
  return {
    ...(fit == null || fit === EDIT_DEFAULTS.fit ? {} : { fit }),
    ...(qualityBoost === 0 ? {} : { qualityBoost }),
    ...(coarseSteps === 0 ? {} : { coarseSteps }),
    ...(previewFormat == null || previewFormat === EDIT_DEFAULTS.previewFormat ? {} : { previewFormat }),
    ...(previewTwins ? { previewTwins } : {}),
  };
}

function shiftOf({ directionId, strength, curve }: ShiftInput, index: number): ShiftRow {
  const argument = `input.shifts[${index}]`;
  return {
    directionId: rowIdOf('Direction', `${argument}.directionId`, directionId),
    directionVersion: null,
    strength: checkNumber(`${argument}.strength`, strength, WEIGHT_RANGE),
    curve: curveOf(`${argument}.curve`, curve ?? []),
  };
}

function curveOf(argument: string, points: readonly CurvePointInput[]): ShiftRow['curve'] {
  return checkCount(argument, points, CURVE_MAX).map(({ t, weight }, index) => {
    const path = `${argument}[${index}]`;
    checkNumber(`${path}.t`, t, { min: 0, max: 1 });
    const before = points[index - 1]?.t ?? -1;
    if (t <= before) throw inputError(`${path}.t`, `more than the t before (${before})`, t, 'Sort the points by t.');
    return { t, weight: checkNumber(`${path}.weight`, weight, WEIGHT_RANGE) };
  });
}

/** Each direction must be the model's and have parameters; `direction` is the one at `index` of the shifts. */
export function checkDirection(direction: DirectionRow, index: number, modelId: string): void {
  const argument = `input.shifts[${index}].directionId`;
  if (direction.modelId !== modelId) {
    throw mismatch(argument, "a direction of the edit's model", `"${direction.name}", a direction of another one`);
  }
  if (direction.parametersHash === null) {
    const message = `${argument}: "${direction.name}" has no parameters yet. Wait for the first CheckpointSaved of its discovery.`;
    throw new ApiError('CONFLICT', message);
  }
}

/** The process asked for, or the one that the directions agree on. */
export function processOf({ reverseProcess }: ApplyEditInput, directions: readonly DirectionRow[]): string {
  const [own, ...others] = new Set(directions.map((direction) => direction.reverseProcess));
  return reverseProcess ?? (others.length === 0 ? own : undefined) ?? EDIT_DEFAULTS.reverseProcess;
}

/** What may make the result differ from what was meant; `directions` are those of `shifts`. */
export function warningsOf(
  process: string,
  shifts: readonly ShiftRow[],
  directions: readonly DirectionRow[],
): string[] {
  const otherProcess = directions
    .filter((direction) => direction.reverseProcess !== process)
    .map(({ name, reverseProcess }) => `"${name}" was trained with ${reverseProcess} and is applied with ${process}.`);
  const unfaithful = directions.flatMap((direction, index) => unfaithfulShift(shifts[index] as ShiftRow, direction));
  return [...otherProcess, ...unfaithful];
}

/** A warning where strength times the curve's weight leaves the direction's range at some point of the curve. */
function unfaithfulShift({ strength, curve }: ShiftRow, { name, strengthRange }: DirectionRow): string[] {
  if (strengthRange === null) return [];
  const { min, max } = strengthRange;
  const weights = curve.length === 0 ? [1] : curve.map(({ weight }) => weight);
  const outside = weights.map((weight) => strength * weight).filter((applied) => applied < min || applied > max);
  if (outside.length === 0) return [];
  const furthest = outside.reduce((most, applied) => (Math.abs(applied) > Math.abs(most) ? applied : most));
  const [low, high, at] = [min, max, furthest].map((value) => Number(value.toPrecision(3)));
  return [`"${name}" is applied at strength ${at}; its samples were found faithful from ${low} to ${high}.`];
}

/** What a sweep adds to its edit: one shift for each of its edits, directions first. */
export function sweepShifts({ edit, directionIds, strengths }: StartSweepInput): ShiftRow[] {
  if (edit.coarseSteps)
    throw inputError('input.edit.coarseSteps', '0', edit.coarseSteps, 'A sweep has no coarse pass.');
  if (edit.idempotencyKey != null)
    throw inputError('input.edit.idempotencyKey', 'none', edit.idempotencyKey, 'Pass input.idempotencyKey.');
  for (const [argument, items] of Object.entries({ directionIds, strengths }))
    if (items.length === 0) throw inputError(`input.${argument}`, 'at least one item', items.length);
  const edits = directionIds.length * strengths.length;
  if (edits > SWEEP_MAX) throw mismatch('input', `at most ${SWEEP_MAX} edits`, `${edits}`);
  return directionIds.flatMap((id, index) => {
    const directionId = rowIdOf('Direction', `input.directionIds[${index}]`, id);
    return strengths.map((strength, place) => ({
      directionId,
      directionVersion: null,
      strength: checkNumber(`input.strengths[${place}]`, strength, WEIGHT_RANGE),
      curve: [],
    }));
  });
}
