import type {
  EditEvent,
  EditFrame,
  EditRequest,
  EditResult,
  EncodedImage,
  ReverseProcess,
  Shift,
  SweepEvent,
} from '../contract.js';
import type { Between } from '../diffusion/trajectory.js';
import type { FloatTensor } from '../graph/tensor.js';
import { encodePicture, type PictureOptions } from '../picture.js';
import type { DirectionBank } from '../shift/bank.js';
import type { BaseTrajectory } from './base-trajectory.js';
import { deltaHOf, type ShiftSetting } from './delta-h.js';
import type { EditedSampler, SampledStep } from './edited-sampler.js';
import { roomFor, sampleVariations, type VariationSetting, type VariationStep } from './variations.js';

/** What frames show; see {@link EditRequest}. */
export type FrameRequest = Pick<EditRequest, 'previewEvery' | 'previewSize' | 'previewFormat' | 'previewTwins'>;

/** The base at the number of steps asked for, and at that of the coarse pass if there is to be one. */
export interface EditBases {
  readonly full: BaseTrajectory;
  readonly coarse: BaseTrajectory | null;
}

/**
 * One edit: frames of the coarse pass, one every `previewEvery`-th step of the full one and at its last, then the result
 * beside the unedited image.
 */
export async function* edit(
  bases: EditBases,
  shifts: readonly Shift[],
  request: FrameRequest,
  setting: VariationSetting,
): AsyncGenerator<EditEvent, void, void> {
  const { coarse, full } = bases;
  if (coarse) {
    for await (const step of sampleVariations(coarse, [shifts], setting)) {
      yield frameOf(coarse, step, 0, true, request, setting.between);
    }
  }
  let last: SampledStep | null = null;
  for await (const step of sampleVariations(full, [shifts], setting)) {
    last = step.sampled[0] ?? null;
    if (isDue(step, full, request)) yield frameOf(full, step, 0, false, request, setting.between);
  }
  yield resultOf(full, last as SampledStep, setting.between);
}

/** Many variations, a batch at a time; `onStep` is awaited before each session run, `shouldSkip` asked before each batch. */
export async function* sweep(
  base: BaseTrajectory,
  variations: readonly (readonly Shift[])[],
  request: FrameRequest,
  setting: VariationSetting,
  shouldSkip: (variation: number) => boolean,
): AsyncGenerator<SweepEvent, void, void> {
  const waiting = variations.map((_, index) => index);
  while (waiting.length > 0) {
    const wanted = waiting.filter((index) => !shouldSkip(index));
    const chunk = wanted.slice(0, roomFor(base));
    waiting.splice(0, waiting.length, ...wanted.slice(chunk.length));
    if (chunk.length === 0) return;
    const shifts = chunk.map((index) => variations[index] ?? []);
    let last: VariationStep | null = null;
    for await (const step of sampleVariations(base, shifts, setting)) {
      last = step;
      if (!isDue(step, base, request)) continue;
      yield* together(chunk, shouldSkip, (row) => frameOf(base, step, row, false, request, setting.between));
    }
    const sampled = (last as VariationStep | null)?.sampled ?? [];
    yield* together(chunk, shouldSkip, (row) => resultOf(base, sampled[row] as SampledStep, setting.between));
  }
}

/** What `make` makes of the rows of a chunk, side by side: pictures are encoded by other threads. */
async function* together<T extends EditFrame | EditResult>(
  chunk: readonly number[],
  shouldSkip: (variation: number) => boolean,
  make: (row: number) => Promise<T>,
) {
  const wanted = [...chunk.entries()].filter(([, variation]) => !shouldSkip(variation));
  const made = await Promise.all(wanted.map(async ([row, variation]) => ({ ...(await make(row)), variation })));
  for (const event of made) if (!shouldSkip(event.variation)) yield event;
}

function isDue({ stepIndex }: VariationStep, { steps }: BaseTrajectory, { previewEvery }: FrameRequest): boolean {
  return stepIndex % previewEvery === 0 || stepIndex === steps.length - 1;
}

async function frameOf(
  base: BaseTrajectory,
  { stepIndex, step, sampled }: VariationStep,
  row: number,
  coarse: boolean,
  { previewSize: size, previewFormat: format = 'PNG', previewTwins = false }: FrameRequest,
  between: Between,
): Promise<EditFrame> {
  const pixels = await pixelsOf(base, (sampled[row] as SampledStep).predictedX0, between);
  const unedited = previewTwins ? (await base.step(stepIndex, between)).predictedX0 : null;
  const twin = unedited && (await pixelsOf(base, unedited, between));
  const picture = (values: Float32Array | null) => pictureOf(base, values, { size, format });
  const [image, original, difference] = await Promise.all([
    picture(pixels) as Promise<EditFrame['image']>,
    picture(twin),
    picture(twin && differenceOf(pixels, twin)),
  ]);
  const { timestep } = step;
  return { type: 'frame', coarse, stepIndex, timestep, samplingSteps: base.steps.length, image, original, difference };
}

/** a − b around middle grey, halved: of what is seen, so that both are clamped first. */
function differenceOf(a: Float32Array, b: Float32Array): Float32Array {
  const seen = (value = 0) => Math.min(1, Math.max(-1, value));
  return a.map((value, at) => (seen(value) - seen(b[at])) / 2);
}

async function resultOf(base: BaseTrajectory, edited: SampledStep, between: Between): Promise<EditResult> {
  const result = await sampleOf(base, edited.x, between);
  return { type: 'result', result, original: await originalOf(base, between) };
}

/** Unedited images, encoded once for all edits of a base. */
const originals = new WeakMap<BaseTrajectory, Promise<EncodedImage>>();

async function originalOf(base: BaseTrajectory, between: Between): Promise<EncodedImage> {
  const { x } = await base.step(base.steps.length - 1, between);
  const original = originals.get(base) ?? sampleOf(base, x, between);
  originals.set(base, original);
  original.catch(() => originals.delete(base));
  return original;
}

async function sampleOf(base: BaseTrajectory, x: FloatTensor, between: Between): Promise<EncodedImage> {
  return (await pictureOf(base, await pixelsOf(base, x, between))) as EncodedImage;
}

/** What a sample `[1,…]` looks like: pixels `[C,H,W]` in [-1,1]. */
async function pixelsOf({ sampler }: BaseTrajectory, x: FloatTensor, between: Between): Promise<Float32Array> {
  return (await sampler.images.of(x, between)).data;
}

async function pictureOf({ sampler }: BaseTrajectory, pixels: Float32Array | null, options: PictureOptions = {}) {
  return pixels && encodePicture(pixels, sampler.images.shape, options);
}

/** One sample's image `[C,H,W]` a strength, from one seed, the strengths as one batch. */
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
  return rows(await sampler.images.of(last as FloatTensor, between));
}

/** The samples of a batch. */
export function rows({ shape, data }: FloatTensor): Float32Array[] {
  const count = shape[0] ?? 1;
  const width = data.length / count;
  return Array.from({ length: count }, (_, row) => data.subarray(row * width, (row + 1) * width));
}
