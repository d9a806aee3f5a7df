import { sizeOf } from '../../graph/tensor.js';

/** Batch sizes: of the export's own graph, and of the one that is recorded. */
export interface BatchPair {
  readonly native: number;
  readonly now: number;
}

/** The one axis along which a tensor grows with the batch; `null` where it does not. Throws RangeError on anything else. */
export function batchAxis(native: readonly number[], now: readonly number[], batch: BatchPair): number | null {
  if (native.length !== now.length)
    throw new RangeError(`shape [${native}] became [${now}] for a batch of ${batch.now}`);
  const grown = [...native.keys()].filter((axis) => native[axis] !== now[axis]);
  const [axis] = grown;
  if (axis === undefined) return null;
  if (grown.length === 1 && (native[axis] ?? 0) * batch.now === (now[axis] ?? 0) * batch.native) return axis;
  throw new RangeError(`shape [${native}] became [${now}] for a batch of ${batch.now} in place of ${batch.native}`);
}

/**
 * What Reshape makes of `now`, given what it makes of `native` in the export's own batch. Exporters bake that batch, and
 * sizes derived from it, into their targets; an axis of the result with the same elements before it is the batch's.
 */
export function rebatched(
  native: readonly number[],
  now: readonly number[],
  result: readonly number[],
  batch: BatchPair,
): number[] {
  const axis = batchAxis(native, now, batch);
  if (axis === null) return [...result];
  const before = sizeOf(native.slice(0, axis));
  const target = [...result.keys()].find(
    (at) => sizeOf(result.slice(0, at)) === before && (result[at] ?? 0) % batch.native === 0,
  );
  if (target === undefined) throw new RangeError(`[${native}] to [${result}] mixes the batch with other axes`);
  return result.map((extent, at) => (at === target ? (extent / batch.native) * batch.now : extent));
}
