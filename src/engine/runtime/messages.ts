import type { ModelSource } from './model-source.js';
import type { Made, SessionOptions, Tensors } from './open-session.js';
import type { Shapes } from './running-sum.js';

interface OpenRequest {
  readonly kind: 'open';
  readonly source: ModelSource;
  readonly options: SessionOptions;
  readonly summed: Shapes;
}

interface RunRequest {
  readonly kind: 'run';
  readonly shared: Tensors;
  readonly rows: readonly Tensors[];
}

interface ReleaseRequest {
  readonly kind: 'release';
}

/** What a lane is asked. */
export type Work = (OpenRequest | RunRequest | ReleaseRequest) & { readonly session: number };

/** `id` comes back in the reply. */
export type LaneRequest = Work & { readonly id: number };

export interface LaneReply {
  readonly id: number;
  /** Of a run. */
  readonly made: Made;
  readonly error: string | null;
}

/** Tensors in memory of their own: of a view, a message would take all the memory behind it along. */
export function owned(tensors: Tensors): Tensors {
  const entries = Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]);
  return Object.fromEntries(entries) as Tensors;
}

/** What a message hands over in place of copying it: these tensors are gone in the thread that sends them. */
export function memoryOf(tensors: readonly Tensors[]): ArrayBuffer[] {
  return tensors.flatMap((row) => Object.values(row).map(({ data }) => data.buffer as ArrayBuffer));
}
