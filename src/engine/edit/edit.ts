import type { EditEvent, EditRequest, ReverseProcess } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import type { Between } from '../diffusion/trajectory.js';
import { EngineError } from '../errors.js';
import type { FloatTensor } from '../graph/tensor.js';
import { encodePicture } from '../picture.js';
import { type DirectionBank, decodeBank } from '../shift/bank.js';
import { curveWeight } from './curve.js';
import { type AppliedShift, deltaHOf, type ShiftSetting } from './delta-h.js';
import type { EditedSampler } from './edited-sampler.js';

/**
 * Edits one seed: a frame (predicted x0) every `previewEvery`-th step and at the last, then the result beside the
 * unedited image of the same seed.
 */
export async function* edit(
  model: DiffusionModel,
  sampler: EditedSampler,
  request: EditRequest,
  sampleDirections: ShiftSetting['sampleDirections'],
  between: Between,
): AsyncGenerator<EditEvent, void, void> {
  const { samplingSteps, reverseProcess: process } = request;
  const setting = { samplingSteps, process, zero: () => sampler.zero(), sampleDirections, between };
  const deltaH = deltaHOf(appliedShifts(model, request), setting);
  let edited: FloatTensor | null = null;
  for await (const { stepIndex, step, x, predictedX0 } of sampler.sample(
    [request.seed],
    request.samplingSteps,
    request.eta,
    deltaH,
    between,
  )) {
    edited = x;
    const due = stepIndex % request.previewEvery === 0 || stepIndex === request.samplingSteps - 1;
    if (!due) continue;
    const image = await encodePicture(predictedX0.data, model.sampleShape, request.previewSize);
    yield { type: 'frame', stepIndex, timestep: step.timestep, samplingSteps: request.samplingSteps, image };
  }
  const original = await finalSample(sampler, request, between);
  yield {
    type: 'result',
    result: await encodePicture((edited as FloatTensor).data, model.sampleShape),
    original: await encodePicture(original.data, model.sampleShape),
  };
}

async function finalSample(
  sampler: EditedSampler,
  { seed, samplingSteps, eta }: EditRequest,
  between: Between,
): Promise<FloatTensor> {
  let last: FloatTensor | null = null;
  for await (const { x } of sampler.sample([seed], samplingSteps, eta, () => sampler.zero(), between)) last = x;
  return last as FloatTensor;
}

/** The shifts of one sample: s·weight(t). */
function appliedShifts(model: DiffusionModel, { shifts }: EditRequest): AppliedShift[] {
  return shifts.map(({ bank, directionIndex, strength, curve }) => ({
    bank: bankFor(model, bank),
    directionIndex,
    strengths: (t) => [strength * curveWeight(curve, t)],
  }));
}

/** Decodes a bank and checks that it belongs to the model. */
export function bankFor(model: DiffusionModel, ref: Parameters<typeof decodeBank>[0]): DirectionBank {
  const bank = decodeBank(ref);
  if (bank.statistics.modelHash === model.hash) return bank;
  throw new EngineError(
    'BAD_USER_INPUT',
    `direction: expected one of model ${model.hash}, got one of ${bank.statistics.modelHash}.`,
  );
}

/** One image a strength, from one seed, the strengths as one batch. */
export async function filmstrip(
  sampler: EditedSampler,
  request: {
    bank: DirectionBank;
    directionIndex: number;
    strengths: readonly number[];
    seed: number;
    samplingSteps: number;
    reverseProcess: ReverseProcess;
  },
  sampleDirections: ShiftSetting['sampleDirections'],
  between: Between,
): Promise<Float32Array[]> {
  const { bank, directionIndex, strengths, samplingSteps, reverseProcess: process } = request;
  const setting = { samplingSteps, process, zero: () => sampler.zero(), sampleDirections, between };
  const deltaH = deltaHOf([{ bank, directionIndex, strengths: () => strengths }], setting);
  const seeds = strengths.map(() => request.seed);
  let last: FloatTensor | null = null;
  for await (const { x } of sampler.sample(seeds, samplingSteps, 0, deltaH, between)) last = x;
  return rows(last as FloatTensor);
}

/** The samples of a batch. */
export function rows({ shape, data }: FloatTensor): Float32Array[] {
  const count = shape[0] ?? 1;
  const width = data.length / count;
  return Array.from({ length: count }, (_, row) => data.subarray(row * width, (row + 1) * width));
}
