import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Database, Queryable } from '../connection.js';
import { expireBlobs, runsShowing } from './blobs.js';
import { expireEvents } from './events.js';
import { expireInversions } from './inversions.js';
import type { Keep } from './keep.js';

/** Any constant: of all nodes one removes at a time. */
const RETENTION_LOCK = 731_009_915;
const DAY_MS = 86_400_000;
/** What was just stored may not be named yet, and what nothing names any more may just have been found. */
const GRACE_MS = 3_600_000;
/** Of each kind in one pass: what is left over waits for the next, and work goes before. */
const RUNS_A_PASS = 1000;
const BATCHES_A_PASS = 40;

/** Removes what is older than it has to be kept, a little at a time; any number of nodes may do so at once. */
export class Retention {
  /** Where it goes on among the blobs. Nodes begin anywhere, so that one that often restarts gets everywhere. */
  private cursor = randomBytes(32).toString('hex');

  constructor(
    private readonly database: Database,
    private readonly keep: Keep,
  ) {}

  /** What was removed; less than there is where another node is at it. */
  async pass(): Promise<{ runs: number; blobs: number }> {
    const { eventDays, inversionDays } = this.keep;
    const now = await this.databaseTime();
    let runs = 0;
    if (eventDays !== null) {
      const cutoff = daysBefore(now, eventDays);
      while (runs < RUNS_A_PASS && (await this.alone((tx) => expireEvents(tx, cutoff)))) runs += 1;
    }
    if (inversionDays !== null) {
      const cutoff = daysBefore(now, inversionDays);
      for (let n = 0; n < BATCHES_A_PASS && (await this.alone((tx) => expireInversions(tx, cutoff))); n += 1);
    }
    return { runs, blobs: await this.expireBlobs(now) };
  }

  private async expireBlobs(now: Date): Promise<number> {
    const others = new Date(now.getTime() - GRACE_MS);
    const { previewDays } = this.keep;
    const images = previewDays === null ? null : daysBefore(now, previewDays);
    const showing = images === null ? [] : await runsShowing(this.database, images);
    let removed = 0;
    let wrapped = false;
    for (let n = 0; n < BATCHES_A_PASS; n += 1) {
      const done = await this.alone((tx) => expireBlobs(tx, this.cursor, { images, others, showing }));
      if (!done) break;
      removed += done.removed;
      this.cursor = done.next ?? '';
      if (done.next === null && wrapped) break;
      wrapped ||= done.next === null;
    }
    return removed;
  }

  /** Rows have its times, and this host's may be wrong. */
  private async databaseTime(): Promise<Date> {
    const { rows } = await this.database.execute<{ ms: number }>(
      sql`SELECT extract(epoch FROM now())::float8 * 1000 AS ms`,
    );
    return new Date(rows[0]?.ms ?? 0);
  }

  /** Null where another node is at it. */
  private alone<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result | null> {
    return this.database.transaction(async (tx) => {
      const { rows } = await tx.execute<{ free: boolean }>(
        sql`SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}) AS free`,
      );
      return rows[0]?.free ? work(tx) : null;
    });
  }
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - Math.max(days * DAY_MS, GRACE_MS));
}
