import type { ReverseProcess } from '../engine/index.js';
import { ask } from './ask.js';
import type { Queue } from './queue.js';

/** What a worker is asked to merge; ids of directions of one model. */
export interface MergeOrder {
  /** Of the direction to come. */
  readonly id: string;
  readonly modelId: string;
  readonly name: string;
  readonly parts: readonly { readonly directionId: string; readonly weight: number }[];
  readonly projectOut: readonly string[];
  readonly reverseProcess: ReverseProcess;
}

/** Resolves when the direction is there. */
export type Merge = (order: MergeOrder) => Promise<void>;

export function createMerger(queue: Queue): Merge {
  return async (order) => {
    await ask<null>(queue, 'merge', order);
  };
}
