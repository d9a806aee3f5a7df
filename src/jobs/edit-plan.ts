import type { EditRequest, Shift } from '../engine/index.js';
import type { EditOutcome } from '../storage/index.js';
import type { EditRow, ImageRow, InversionFacts, ModelRow, ShiftRow } from '../storage/types.js';
import { bankOf, pinned } from './bank.js';
import type { JobContext } from './job.js';
import { modelRef } from './model-ref.js';
import { type Provenance, pinnedShift, provenanceOf, requestHashOf } from './provenance.js';

/** An edit ready to run: what the engine is asked for, and what its row will say of it. */
export interface EditPlan {
  readonly request: EditRequest;
  readonly provenance: Provenance;
  readonly requestHash: string;
  readonly shifts: readonly ShiftRow[];
  readonly reconstructionPsnr: number | null;
  /** What the same request left before; null where it must be computed. */
  readonly known: EditOutcome | null;
}

/** Where an edit starts that starts at an image. */
export interface ImageBase {
  readonly image: ImageRow;
  readonly inversion: InversionFacts;
}

/** The latents of an edit's image, computed once for each image, model, number of steps and fit; null for a seed. */
export async function imageBaseOf(
  context: JobContext,
  { imageId, samplingSteps, options }: EditRow,
  model: ModelRow,
  signal: AbortSignal,
): Promise<ImageBase | null> {
  if (imageId === null) return null;
  const { work, engine } = context;
  const { row: image, bytes } = await work.edits.image(imageId);
  const ref = await modelRef(context, model);
  const fit = options.fit ?? 'CROP';
  const key = { imageId, modelHash: ref.hash, samplingSteps, fit };
  const known = await work.edits.inversion(key);
  if (known) return { image, inversion: known };
  const made = await engine.invert(ref, { bytes, fit, samplingSteps }, signal);
  return { image, inversion: await work.edits.saveInversion(key, made) };
}

/** `row.options.batch` says how many rows the session will have. */
export async function planOf(
  context: JobContext,
  row: EditRow,
  model: ModelRow,
  base: ImageBase | null,
): Promise<EditPlan> {
  const { work, blobs } = context;
  const directions = await work.directions(row.shifts.map(({ directionId }) => directionId));
  const shifts = row.shifts.map((shift) =>
    pinnedShift(
      shift,
      directions.find(({ id }) => id === shift.directionId),
      pinned,
    ),
  );
  const { image = null, inversion = null } = base ?? {};
  const source = { row, model, shifts, image, inversion };
  const provenance = provenanceOf(context, source);
  const requestHash = requestHashOf(provenance, source);
  const { seed, samplingSteps, eta, previewEvery, previewSize, options } = row;
  const { qualityBoost, previewFormat, previewTwins, coarseSteps, batch } = options;
  const request: EditRequest = {
    seed: seed ?? 0,
    latents: inversion && (await blobs.get(inversion.latentsHash)),
    shifts: await Promise.all(shifts.map((shift) => engineShift(context, shift))),
    samplingSteps,
    reverseProcess: row.reverseProcess === 'ASYMMETRIC' ? 'ASYMMETRIC' : 'SYMMETRIC',
    eta,
    previewEvery,
    previewSize,
    ...(qualityBoost ? { qualityBoost } : {}),
    ...(previewFormat ? { previewFormat } : {}),
    ...(previewTwins ? { previewTwins } : {}),
    ...(coarseSteps ? { coarseSteps } : {}),
    ...(batch ? { batch } : {}),
  };
  // An edit that is run again is to show that it gives the same: it takes nothing from before.
  const known = row.rerunOfId === null ? await work.edits.outcomeOf(requestHash) : null;
  return { request, provenance, requestHash, shifts, reconstructionPsnr: inversion?.psnr ?? null, known };
}

async function engineShift({ blobs }: JobContext, { pinned, strength, curve }: ShiftRow): Promise<Shift> {
  if (!pinned) throw new Error('a shift without its direction');
  return { bank: await bankOf(blobs, pinned), directionIndex: pinned.index, strength, curve };
}
