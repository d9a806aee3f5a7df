import type { FloatTensor } from '../graph/tensor.js';
import type { Tensors } from './open-session.js';

/** Tensors in memory of their own: of a view, a message would take all the memory behind it along. */
export function owned(tensors: Tensors): Tensors {
  const entries = Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]);
  return Object.fromEntries(entries) as Tensors;
}

/** What a message hands over in place of copying it: these tensors are gone in the thread that sends them. */
export function memoryOf(tensors: readonly Tensors[]): ArrayBuffer[] {
  return tensors.flatMap((row) => Object.values(row).map(({ data }) => data.buffer as ArrayBuffer));
}

/** A message copies smaller ones at no cost. */
const LEAST_LENT = 2 ** 14;

/**
 * Memory for what a thread is lent for a run, weights and φ: copied by messages, 3 MiB a run of a training at 32×32, each of them
 * waited for the collector.
 */
export class LentMemory {
  private readonly spare = new Map<number, Float32Array[]>();

  /** The large ones of `tensors`, in memory that may be handed over. */
  lend(tensors: Tensors): Record<string, FloatTensor> {
    const large = Object.entries(tensors).filter(
      (entry): entry is [string, FloatTensor] => entry[1].dtype === 'float32' && entry[1].data.length >= LEAST_LENT,
    );
    return Object.fromEntries(large.map(([name, tensor]) => [name, { ...tensor, data: this.copied(tensor.data) }]));
  }

  private copied(data: Float32Array): Float32Array {
    const copy = this.spare.get(data.length)?.pop() ?? new Float32Array(data.length);
    copy.set(data);
    return copy;
  }

  /** Lets go of what is not lent: what ends may have been the last that needs memory of its sizes. */
  forget(): void {
    this.spare.clear();
  }

  /** Memory of {@link lend} that has come back. */
  takeBack(memory: readonly Float32Array[]): void {
    for (const data of memory) this.spare.set(data.length, [...(this.spare.get(data.length) ?? []), data]);
  }
}
