import type { DirectionBankRef, MergedDirection, MergeRequest } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import type { Between } from '../diffusion/trajectory.js';
import { EngineError } from '../errors.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { type DirectionBank, decodeBank, encodeDirections, shiftScale } from '../shift/bank.js';
import { UNIT } from '../shift/control.js';
import { cosine, EffectGauge, leastSquares, type Setting } from './effects.js';
import { bankFor } from './variations.js';

/** The image's answer to a shift is not quite linear: what the first round leaves, the next ones take. */
const ROUNDS = 3;

/**
 * A weighted sum of directions, and what it shares with others taken out of it: Σ w·d − Σ a·p, the a chosen so that the
 * change of images along the sum is orthogonal to that along every p (least squares over 8 samples; the leakage is measured
 * on 8 others, as the |cosine| of both changes). The sum is kept at the timesteps at which h was measured. Throws
 * BAD_USER_INPUT for directions that depend on the sample, and where nothing is left.
 */
export async function mergeDirections(
  model: DiffusionModel,
  { parts, removed, reverseProcess, samplingSteps }: MergeRequest,
  gauge: EffectGauge,
  between: Between,
): Promise<MergedDirection> {
  const [first] = parts;
  if (!first) throw new EngineError('BAD_USER_INPUT', 'parts: expected at least one direction, got none.');
  const { statistics } = bankFor(model, first.bank);
  const setting: Setting = { process: reverseProcess, samplingSteps };
  const vectors = (ref: { bank: DirectionBankRef; directionIndex: number }) =>
    scaled(bankFor(model, ref.bank), ref.directionIndex, statistics.timesteps, setting);
  const sum = combined(parts.map(({ weight, ...ref }) => ({ weight, values: vectors(ref) })));
  const others = removed.map(vectors);
  const bankOf = (rows: FloatTensor) => {
    const parameters = encodeDirections(mergedConfig(model), reverseProcess, samplingSteps, rows);
    return { bank: decodeBank({ statistics: first.bank.statistics, parameters }), parameters };
  };
  const effectOf = async (rows: FloatTensor, held: boolean) => gauge.effect(bankOf(rows).bank, setting, held, between);
  const [shownFit, shown] = [[] as Float64Array[], [] as Float64Array[]];
  for (const other of others) {
    shownFit.push(await effectOf(other, false));
    shown.push(await effectOf(other, true));
  }
  const before = await effectOf(sum, true);
  let rows = sum;
  for (let round = 0; round < ROUNDS && others.length > 0; round += 1) {
    const shares = leastSquares(shownFit, await effectOf(rows, false));
    rows = combined([
      { weight: 1, values: rows },
      ...others.map((values, index) => ({ weight: -(shares[index] ?? 0), values })),
    ]);
  }
  const after = await effectOf(rows, true);
  const rms = (effect: Float64Array) =>
    Math.sqrt(effect.reduce((sum, value) => sum + value * value, 0) / effect.length);
  if (!(rms(after) > rms(before) * 1e-3)) {
    throw new EngineError(
      'BAD_USER_INPUT',
      'projectOut: nothing of the sum is left; it lies in what is taken out of it.',
    );
  }
  return {
    parameters: bankOf(rows).parameters,
    effectSize: rms(after),
    leakage: shown.map((other) => ({ before: cosine(before, other), after: cosine(after, other) })),
  };
}

const mergedConfig = ({ timeEmbeddingWidth }: DiffusionModel) =>
  ({
    kind: 'PER_TIMESTEP',
    directions: 1,
    fullSpatial: true,
    orthonormal: false,
    seed: 0,
    timeEmbeddingWidth,
  }) as const;

/** A direction at the measured timesteps, `[T, Ch·Hh·Wh]`, in the unit of a merged one. */
function scaled(
  bank: DirectionBank,
  directionIndex: number,
  timesteps: readonly number[],
  { process, samplingSteps }: Setting,
): FloatTensor {
  const { directions } = bank.control;
  if (directions.dependsOn === 'SAMPLE') {
    const advice = 'Leave it out; it can be mixed with others in an edit.';
    throw new EngineError('BAD_USER_INPUT', `direction: one of kind ${bank.kind} depends on the sample. ${advice}`);
  }
  const unit = shiftScale(bank, directionIndex, 1, { process, samplingSteps }) / UNIT.PER_TIMESTEP;
  const width = sizeOf(bank.statistics.hShape);
  const out = floatTensor([timesteps.length, width]);
  for (const [row, timestep] of timesteps.entries()) {
    const values = directions.at(bank.rows, directionIndex, timestep);
    for (let at = 0; at < width; at += 1) out.data[row * width + at] = unit * (values[at] ?? 0);
  }
  return out;
}

function combined(parts: readonly { readonly weight: number; readonly values: FloatTensor }[]): FloatTensor {
  const out = floatTensor(parts[0]?.values.shape ?? [0]);
  for (const { weight, values } of parts) {
    values.data.forEach((value, at) => {
      out.data[at] = (out.data[at] ?? 0) + weight * value;
    });
  }
  return out;
}
