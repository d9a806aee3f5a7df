import DataLoader from 'dataloader';
import { inOrder } from '../storage/batched.js';
import type { EventRow, Storage } from '../storage/types.js';

/** Rows of one operation, fetched in batches: a list of n nodes costs one query per kind of relation, not n. */
export type Loaders = ReturnType<typeof createLoaders>;

function byId<Row extends { readonly id: string }>(
  fetch: (ids: readonly string[]) => Promise<readonly Row[]>,
): DataLoader<string, Row | null> {
  return new DataLoader(async (ids) => inOrder(ids, await fetch(ids)));
}

function framesByEdit(storage: Storage): DataLoader<string, EventRow[]> {
  return new DataLoader(async (editIds) => {
    const frames = await storage.edits.frames(editIds);
    return editIds.map((id) => frames.filter((event) => event.runId === id));
  });
}

export function createLoaders(storage: Storage) {
  return {
    models: byId((ids) => storage.models.byIds(ids)),
    discoveries: byId((ids) => storage.discoveries.byIds(ids)),
    directions: byId((ids) => storage.directions.byIds(ids)),
    edits: byId((ids) => storage.edits.byIds(ids)),
    images: byId((ids) => storage.images.byIds(ids)),
    runs: byId((ids) => storage.runs.byIds(ids)),
    frames: framesByEdit(storage),
  };
}
