import { and, desc, eq, gt, inArray, isNull, lt, notInArray, or, sql } from 'drizzle-orm';
import type { Database } from './connection.js';
import { blob, checkpoint, run, worker } from './tables.js';
import type { DeviceRow, RunKind, Storage } from './types.js';

/** A worker that has not been seen for so long counts as gone. */
export const WORKER_GONE_SECONDS = 10;

const gone = sql`now() - ${sql.raw(`interval '${WORKER_GONE_SECONDS} seconds'`)}`;

export function statusStore(database: Database): Storage['status'] {
  return {
    ping: async () => {
      await database.execute(sql`SELECT 1`);
    },
    storedBytes: async () => {
      // The length stands beside a value: nothing is read but the rows themselves.
      const { rows } = await database.execute<{ bytes: number }>(sql`
        SELECT ((SELECT coalesce(sum(octet_length(bytes)), 0) FROM ${blob})
          + (SELECT coalesce(sum(octet_length(state)), 0) FROM ${checkpoint}))::float8 AS bytes`);
      return rows[0]?.bytes ?? 0;
    },
    server: async () => {
      const alive = await database.select().from(worker).where(gt(worker.seenAt, gone)).orderBy(desc(worker.seenAt));
      const queued = await database
        .select({ kind: run.kind, count: sql<number>`count(*)::int` })
        .from(run)
        .where(eq(run.status, 'QUEUED'))
        .groupBy(run.kind);
      const countOf = (kind: RunKind) => queued.find((row) => row.kind === kind)?.count ?? 0;
      const devices: readonly DeviceRow[] = alive[0]?.devices ?? [];
      return { workers: alive.length, devices, queuedDiscoveries: countOf('discovery'), queuedEdits: countOf('edit') };
    },
  };
}

/** Says that a worker is alive, and what it runs on. */
export async function heartbeat(database: Database, id: string, devices: readonly DeviceRow[]): Promise<void> {
  await database
    .insert(worker)
    .values({ id, devices: [...devices] })
    .onConflictDoUpdate({ target: worker.id, set: { seenAt: sql`now()` } });
}

export async function forgetWorker(database: Database, id: string): Promise<void> {
  await database.delete(worker).where(eq(worker.id, id));
}

/** Runs that are RUNNING under `workerId`, or with null under workers that are gone. */
export async function abandonedRuns(
  database: Database,
  workerId: string | null,
): Promise<{ id: string; kind: RunKind; epoch: number }[]> {
  const holders = workerId === null ? notIn(database) : eq(run.workerId, workerId);
  return database
    .select({ id: run.id, kind: run.kind, epoch: run.epoch })
    .from(run)
    .where(and(eq(run.status, 'RUNNING'), holders));
}

function notIn(database: Database) {
  const alive = database.select({ id: worker.id }).from(worker).where(gt(worker.seenAt, gone));
  return or(isNull(run.workerId), notInArray(run.workerId, alive));
}

/** Removes the rows of workers gone for an hour. */
export async function forgetOldWorkers(database: Database): Promise<void> {
  const old = database.select({ id: worker.id }).from(worker).where(lt(worker.seenAt, sql`now() - interval '1 hour'`));
  await database.delete(worker).where(inArray(worker.id, old));
}
