import { type SQL, sql } from 'drizzle-orm';
import { StorageError } from './errors.js';
import type { Page, PageRequest } from './types.js';

/** `first + 1` rows were asked for: the one too many says that there is more. */
export function pageOf<Row>(rows: readonly Row[], { first }: PageRequest, totalCount: number): Page<Row> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount };
}

/** Keyset condition: rows behind `afterId` in the list's own order, whose keys are given as SQL row values. */
export function behind(request: PageRequest, keys: SQL, cursor: SQL, direction: 'asc' | 'desc'): SQL | undefined {
  if (request.afterId === null) return undefined;
  return direction === 'asc' ? sql`${keys} > ${cursor}` : sql`${keys} < ${cursor}`;
}

export function unknownCursor(afterId: string): StorageError {
  return new StorageError(
    'BAD_USER_INPUT',
    `after: expected the cursor of a page of this list, got one of ${afterId}, which is not in it.`,
  );
}
