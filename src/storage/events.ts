import { sql } from 'drizzle-orm';
import { EVENT_CHANNEL } from './bell.js';
import type { Queryable } from './connection.js';
import { StaleEpochError } from './errors.js';
import { event, run } from './tables.js';
import type { EventTypeName } from './types.js';

export { followEvents } from './event-feed.js';

/**
 * Appends one event under the run's epoch: number, row and notification in one statement, so that numbers have no gaps
 * and a process that no longer holds the run is refused with StaleEpochError.
 */
export async function appendEvent(
  tx: Queryable,
  {
    runId,
    epoch,
    type,
    payload,
  }: { runId: string; epoch: number; type: EventTypeName; payload: Record<string, unknown> },
): Promise<number> {
  const { rows } = await tx.execute<{ seq: number }>(sql`
    WITH holder AS (
      UPDATE ${run} SET last_seq = last_seq + 1 WHERE id = ${runId} AND epoch = ${epoch} RETURNING id, last_seq
    ), appended AS (
      INSERT INTO ${event} (run_id, seq, type, payload)
      SELECT id, last_seq, ${type}, ${JSON.stringify(payload)}::jsonb FROM holder RETURNING run_id, seq
    )
    SELECT seq, pg_notify(${EVENT_CHANNEL}, run_id || ':' || seq) FROM appended`);
  const [appended] = rows;
  if (!appended) throw new StaleEpochError(runId, epoch);
  return appended.seq;
}
