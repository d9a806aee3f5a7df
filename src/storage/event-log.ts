import { setTimeout } from 'node:timers/promises';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from './connection.js';
import { isPassing } from './outages.js';
import { event, run } from './tables.js';
import { type EventRow, FINAL_STATUSES } from './types.js';

/** Events that one query gives at most. */
export const PAGE = 200;
const AWAY_MS = 200;

/** Queries are planned and written once for each connection: a follower asks them at every event. */
export class EventLog {
  private readonly eventsAfter;
  private readonly runOf;

  constructor(database: Database) {
    const [runId, seq] = [sql.placeholder('runId'), sql.placeholder('seq')];
    this.eventsAfter = database
      .select()
      .from(event)
      .where(and(eq(event.runId, runId), gt(event.seq, seq)))
      .orderBy(asc(event.seq))
      .limit(PAGE)
      .prepare('azimuth_events_after');
    this.runOf = database
      .select({ status: run.status, lastSeq: run.lastSeq })
      .from(run)
      .where(eq(run.id, runId))
      .prepare('azimuth_end_of_log');
  }

  /** What it has after `seq`, oldest first. */
  after(runId: string, seq: number): Promise<EventRow[]> {
    return this.eventsAfter.execute({ runId, seq });
  }

  /** Where it ends, and whether it can still grow; a run that does not exist has an empty log that cannot. */
  async end(runId: string): Promise<{ lastSeq: number; isOver: boolean }> {
    const [row] = await this.runOf.execute({ runId });
    return { lastSeq: row?.lastSeq ?? 0, isOver: !row || FINAL_STATUSES.includes(row.status) };
  }
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
