import { sql } from 'drizzle-orm';
import type { Queryable } from '../connection.js';
import { event, run } from '../tables.js';

/**
 * Removes the log of one run that was over before `cutoff`, but for its last event; false where there is none. A run is all that a
 * transaction takes: whoever reads a log finds all of it, or learns that it is gone.
 */
export async function expireEvents(tx: Queryable, cutoff: Date): Promise<boolean> {
  const { rows } = await tx.execute<{ id: string; before: number }>(sql`
    UPDATE ${run} SET first_seq = last_seq WHERE id = (
      SELECT id FROM ${run} WHERE first_seq = 1 AND last_seq > 1 AND finished_at < ${cutoff.toISOString()}
      ORDER BY finished_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id, first_seq AS before`);
  const [expired] = rows;
  if (!expired) return false;
  await tx.execute(sql`DELETE FROM ${event} WHERE run_id = ${expired.id} AND seq < ${expired.before}`);
  return true;
}
