import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { type Bell, EVENT_CHANNEL } from './bell.js';
import type { Database, Queryable } from './connection.js';
import { StaleEpochError } from './errors.js';
import { event, run } from './tables.js';
import { type EventRow, type EventTypeName, FINAL_STATUSES } from './types.js';

const PAGE = 200;
/** A notification can be lost only with its connection; this bounds what that costs. */
const LOOK_AGAIN_MS = 5000;

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

/** Whether this event ends its run. */
function isFinal({ type, payload }: EventRow): boolean {
  return type === 'StatusChanged' && FINAL_STATUSES.some((status) => status === payload['status']);
}

/** Replays seq > after, then follows; ends after the final status or when aborted. A slow reader is served from the log. */
export async function* followEvents(
  database: Database,
  bell: Bell,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<EventRow, void, void> {
  const ring = bell.subscribe(runId);
  try {
    let seq = after;
    while (!signal.aborted) {
      const rows = await eventsAfter(database, runId, seq);
      for (const row of rows) {
        if (signal.aborted) return;
        yield row;
        seq = row.seq;
        if (isFinal(row)) return;
      }
      if (rows.length === PAGE) continue;
      if (rows.length === 0 && (await isOver(database, runId, seq))) return;
      await ring.wait(signal, LOOK_AGAIN_MS);
    }
  } finally {
    ring.close();
  }
}

function eventsAfter(database: Database, runId: string, seq: number): Promise<EventRow[]> {
  return database
    .select()
    .from(event)
    .where(and(eq(event.runId, runId), gt(event.seq, seq)))
    .orderBy(asc(event.seq))
    .limit(PAGE);
}

async function isOver(database: Database, runId: string, seq: number): Promise<boolean> {
  const [row] = await database.select({ status: run.status, lastSeq: run.lastSeq }).from(run).where(eq(run.id, runId));
  return !row || (FINAL_STATUSES.includes(row.status) && seq >= row.lastSeq);
}
