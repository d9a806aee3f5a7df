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
