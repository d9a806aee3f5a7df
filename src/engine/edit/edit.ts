import type { EditEvent, EditRequest, ReverseProcess } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import type { SamplingStep } from '../diffusion/schedule.js';
import type { Between } from '../diffusion/trajectory.js';
import { EngineError } from '../errors.js';
import type { FloatTensor } from '../graph/tensor.js';
import { encodePicture } from '../picture.js';
import { addShift, type DirectionBank, decodeBank } from '../shift/bank.js';
import { curveWeight } from './curve.js';
import type { DeltaH, EditedSampler } from './edited-sampler.js';

/**
 * Edits one seed: a frame (predicted x0) every `previewEvery`-th step and at the last, then the result beside the
 * unedited image of the same seed.
 */
export async function* edit(
  model: DiffusionModel,
  sampler: EditedSampler,
  request: EditRequest,
  between: Between,
): AsyncGenerator<EditEvent, void, void> {
  const deltaH = shiftsAsDeltaH(model, sampler, request);
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

/** Σ over the shifts of s·weight(t)·c·r·d_k(t). */
function shiftsAsDeltaH(model: DiffusionModel, sampler: EditedSampler, request: EditRequest): DeltaH {
  const { samplingSteps, reverseProcess: process } = request;
  const shifts = request.shifts.map((shift) => ({ ...shift, bank: bankFor(model, shift.bank) }));
  return (step: SamplingStep, stepIndex: number) => {
    const sum = sampler.zero();
    const t = samplingSteps === 1 ? 0 : stepIndex / (samplingSteps - 1);
    for (const { bank, directionIndex, strength, curve } of shifts) {
      const weighted = strength * curveWeight(curve, t);
      addShift(sum.data, bank, directionIndex, weighted, { timestep: step.timestep, samplingSteps, process });
    }
    return sum;
  };
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
  between: Between,
): Promise<Float32Array[]> {
  const { bank, directionIndex, strengths, samplingSteps, reverseProcess: process } = request;
  const deltaH: DeltaH = ({ timestep }) => {
    const out = sampler.zero();
    const width = out.data.length / strengths.length;
    strengths.forEach((strength, row) => {
      const sample = out.data.subarray(row * width, (row + 1) * width);
      addShift(sample, bank, directionIndex, strength, { timestep, samplingSteps, process });
    });
    return out;
  };
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
