import { createHash } from 'node:crypto';
import type { EncodedImage } from '../engine/index.js';
import type { DirectionRow, EditRow, ImageRow, InversionFacts, ModelRow, ShiftRow } from '../storage/types.js';
import type { JobContext } from './job.js';
import { withText } from './png-text.js';

/** A direction of an edit, as it was when the edit ran. */
export type ProvenanceShift = ReturnType<typeof provenanceShift>;

/** Everything that determined the bytes of a result. */
export type Provenance = ReturnType<typeof provenanceOf>;

export interface ProvenanceSource {
  readonly row: EditRow;
  readonly model: ModelRow;
  readonly shifts: readonly ShiftRow[];
  readonly image: ImageRow | null;
  readonly inversion: InversionFacts | null;
}

export function provenanceOf({ engine, version }: JobContext, source: ProvenanceSource) {
  const { row, model, shifts, image, inversion } = source;
  const { seed, samplingSteps, reverseProcess, eta, options } = row;
  return {
    modelHash: model.hash,
    seed,
    imageHash: image?.blobHash ?? null,
    fit: image ? (options.fit ?? 'CROP') : null,
    latentsHash: inversion?.latentsHash ?? null,
    shifts: shifts.map(provenanceShift),
    samplingSteps,
    reverseProcess,
    eta,
    qualityBoost: options.qualityBoost ?? 0,
    batch: options.batch ?? 1,
    version,
    software: engine.software,
    device: engine.devices.find(({ chosen }) => chosen)?.name ?? 'cpu',
    processor: engine.processor,
  };
}

function provenanceShift({ directionId, directionVersion, pinned, strength, curve }: ShiftRow) {
  const { index, parametersHash, statisticsHash } = pinned ?? {};
  // The order of keys counts where the text of it does: rows come from the database in another one.
  const points = curve.map(({ t, weight }) => ({ t, weight }));
  return { directionId, directionVersion, index, parametersHash, statisticsHash, strength, curve: points };
}

/** A shift as it runs: with the direction's parameters of now, unless it has run before. */
export function pinnedShift(
  shift: ShiftRow,
  direction: DirectionRow | undefined,
  pin: typeof import('./bank.js').pinned,
) {
  if (shift.pinned) return shift;
  if (!direction) throw new Error(`direction ${shift.directionId} is gone`);
  return { ...shift, directionVersion: direction.version, pinned: pin(direction) };
}

/**
 * SHA-256 (hex) of all that determines result and frames; ids of directions do not, since their parameters do, but versions do: the
 * result names them.
 */
export function requestHashOf({ shifts, ...rest }: Provenance, { row }: ProvenanceSource): string {
  const { coarseSteps = 0, previewFormat = 'PNG', previewTwins = false } = row.options;
  const bytes = shifts.map(({ directionId: _, ...shift }) => shift);
  const frames = [row.previewEvery, row.previewSize, previewFormat, previewTwins, coarseSteps];
  return createHash('sha256')
    .update(JSON.stringify([rest, bytes, frames]))
    .digest('hex');
}

/**
 * A result with its provenance inside. A shift that acts at no step is left out, as it is of the unedited image. Directions
 * are named by the hash of their parameters and their index: their ids are those of one server, and another one that has
 * learned the same gives the same file.
 */
export function withProvenance(image: EncodedImage, provenance: Provenance, edited: boolean): EncodedImage {
  const acting = edited ? provenance.shifts.filter(acts) : [];
  const shifts = acting.map(({ directionId: _, ...shift }) => shift);
  return { ...image, bytes: withText(image.bytes, JSON.stringify({ ...provenance, shifts })) };
}

function acts({ strength, curve }: ProvenanceShift): boolean {
  return strength !== 0 && (curve.length === 0 || curve.some(({ weight }) => weight !== 0));
}
