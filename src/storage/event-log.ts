import { setTimeout } from 'node:timers/promises';
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from './connection.js';
import { isPassing } from './outages.js';
import { event, run } from './tables.js';
import { type EventRow, FINAL_STATUSES } from './types.js';

/** Events that one query gives at most. */
export const PAGE = 200;
const AWAY_MS = 200;

/** What the log has after `seq`, oldest first. */
export function eventsAfter(database: Database, runId: string, seq: number): Promise<EventRow[]> {
  return database
    .select()
    .from(event)
    .where(and(eq(event.runId, runId), gt(event.seq, seq)))
    .orderBy(asc(event.seq))
    .limit(PAGE);
}

/** Where a log ends, and whether it can still grow; a run that does not exist has an empty log that cannot. */
export async function endOfLog(database: Database, runId: string): Promise<{ lastSeq: number; isOver: boolean }> {
  const [row] = await database.select({ status: run.status, lastSeq: run.lastSeq }).from(run).where(eq(run.id, runId));
  return { lastSeq: row?.lastSeq ?? 0, isOver: !row || FINAL_STATUSES.includes(row.status) };
}

/** Whether this event ends its run. */
export function isFinal({ type, payload }: EventRow): boolean {
  return type === 'StatusChanged' && FINAL_STATUSES.some((status) => status === payload['status']);
}

/** Reads again until the database answers, or nobody wants to know: who follows a run outlives a restart of PostgreSQL. */
export async function untilReachable<Result>(read: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isPassing(error) || signal.aborted) throw error;
      await setTimeout(AWAY_MS);
    }
  }
}
