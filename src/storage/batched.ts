import DataLoader from 'dataloader';

/** Entries of one statement: of a sweep's frames each has a picture. */
const BATCH_MAX = 16;

/**
 * A function whose calls in one turn of the event loop are worked off together: the edits of a sweep then cost what one edit does.
 * `work` gives an answer for each entry, in their order; an Error is thrown to that caller alone.
 */
export function batched<Entry, Answer>(
  work: (entries: readonly Entry[]) => Promise<readonly (Answer | Error)[]>,
): (entry: Entry) => Promise<Answer> {
  const loader = new DataLoader<Entry, Answer>(work, { cache: false, maxBatchSize: BATCH_MAX });
  return (entry) => loader.load(entry);
}

/** The row of each id; null where there is none. */
export function inOrder<Row extends { readonly id: string }>(
  ids: readonly string[],
  rows: readonly Row[],
): (Row | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}
