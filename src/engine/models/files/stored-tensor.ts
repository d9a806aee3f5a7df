import type { FloatTensor } from '../../graph/tensor.js';

/** A tensor of a file, known by its shape and read when it is asked for. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** As float32, dense and row-major. Throws MODEL_INVALID if the file does not hold it. */
  load(): Promise<FloatTensor>;
}

/** Loads every tensor of a table, one after the other. */
export async function loadAll(stored: ReadonlyMap<string, StoredTensor>): Promise<Map<string, FloatTensor>> {
  const tensors = new Map<string, FloatTensor>();
  for (const [name, tensor] of stored) tensors.set(name, await tensor.load());
  return tensors;
}
