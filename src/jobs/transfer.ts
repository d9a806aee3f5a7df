import type { DirectionFileRow } from '../storage/types.js';
import { ask } from './ask.js';
import type { Queue } from './queue.js';

/** Directions of one model, to be written into a file or taken from one; ids are rows'. */
export type TransferRequest =
  | { readonly action: 'export'; readonly modelId: string; readonly directionIds: readonly string[] }
  | { readonly action: 'import'; readonly modelId: string; readonly file: { hash: string } | { path: string } };

/** Moves directions between the database and files; both ask a worker, and throw its error. */
export interface Transfer {
  exportDirections(modelId: string, directionIds: readonly string[]): Promise<DirectionFileRow>;
  /** The new rows' ids, in the order of the file: one stored here by its hash, or on the server's disk by its path. */
  importDirections(modelId: string, file: { hash: string } | { path: string }): Promise<readonly string[]>;
}

export function createTransfer(queue: Queue): Transfer {
  const asked = <Result>(request: TransferRequest) => ask<Result>(queue, 'directions', request);
  return {
    exportDirections: (modelId, directionIds) => asked({ action: 'export', modelId, directionIds }),
    importDirections: (modelId, file) => asked({ action: 'import', modelId, file }),
  };
}
