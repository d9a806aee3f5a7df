import { and, desc, eq, gt, inArray, lt, notExists, type SQL, sql } from 'drizzle-orm';
import type { Database, Queryable } from './connection.js';
import { LEASE_MS } from './lease.js';
import { metricsStore } from './metrics.js';
import { blob, checkpoint, edit, run, worker } from './tables.js';
import { type DeviceRow, FINAL_STATUSES, type RunKind, type Storage } from './types.js';

/** A worker that has not been seen for so long is not counted any more. */
export const WORKER_GONE_SECONDS = 10;
/** A job is taken, and then its run, within milliseconds; after so long whoever took it died in between. */
const STRANDED_SECONDS = 5;

const ago = (interval: string) => sql`now() - ${sql.raw(`interval '${interval}'`)}`;

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
      const seen = gt(worker.seenAt, ago(`${WORKER_GONE_SECONDS} seconds`));
      const alive = await database.select().from(worker).where(seen).orderBy(desc(worker.seenAt));
      const queued = await database
        .select({ kind: run.kind, count: sql<number>`count(*)::int` })
        .from(run)
        .where(eq(run.status, 'QUEUED'))
        .groupBy(run.kind);
      const countOf = (kind: RunKind) => queued.find((row) => row.kind === kind)?.count ?? 0;
      const devices: readonly DeviceRow[] = alive[0]?.devices ?? [];
      return { workers: alive.length, devices, queuedDiscoveries: countOf('discovery'), queuedEdits: countOf('edit') };
    },
    ...metricsStore(database),
  };
}

export async function forgetWorker(database: Database, id: string): Promise<void> {
  await database.delete(worker).where(eq(worker.id, id));
}

/** Runs that are RUNNING under `workerId`, or with null under workers whose lease has run out. */
export async function abandonedRuns(
  database: Database,
  workerId: string | null,
): Promise<{ id: string; kind: RunKind; epoch: number; workerId: string | null }[]> {
  const holder = database
    .select({ id: worker.id })
    .from(worker)
    .where(and(eq(worker.id, run.workerId), gt(worker.seenAt, ago(`${LEASE_MS} milliseconds`))));
  return database
    .select({ id: run.id, kind: run.kind, epoch: run.epoch, workerId: run.workerId })
    .from(run)
    .where(and(eq(run.status, 'RUNNING'), workerId === null ? notExists(holder) : eq(run.workerId, workerId)));
}

/** Whether a run is not RUNNING under another worker that is alive. */
export function isFreeFor(workerId: string): SQL {
  return sql`NOT (${run.status} = 'RUNNING' AND ${run.workerId} <> ${workerId} AND EXISTS (
    SELECT 1 FROM ${worker} WHERE ${worker.id} = ${run.workerId} AND ${worker.seenAt} > ${ago(`${LEASE_MS} milliseconds`)}))`;
}

/** How the database lists the connections of a worker. */
export function workerConnections(workerId: string): string {
  return `azimuth ${workerId}`;
}

/**
 * Ends transactions that a worker was in the middle of when it stalled: they lock the runs that it has lost. One that comes
 * back finds its connection broken, as after a restart of the database.
 */
export async function endTransactionsOf(database: Database, workerIds: readonly string[]): Promise<void> {
  const names = sql.param(workerIds.map(workerConnections));
  await database.execute(sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = ANY(${names}::text[]) AND state LIKE 'idle in transaction%'`);
}

/**
 * Jobs of QUEUED runs that somebody took, and died before it took the run: without them the run would wait for good. A sweep is
 * one job, under the id of its first edit, and waits as long as any of its edits does.
 */
export async function strandedJobs(tx: Queryable): Promise<{ name: RunKind | 'sweep'; id: string }[]> {
  const { rows } = await tx.execute<{ name: RunKind | 'sweep'; id: string }>(sql`
    SELECT j.name, j.id FROM pgboss.job j
    WHERE j.state = 'active' AND j.started_on < ${ago(`${STRANDED_SECONDS} seconds`)} AND (j.name, j.id) IN (
      SELECT CASE WHEN e.sweep_id IS NULL THEN r.kind ELSE 'sweep' END, coalesce(e.sweep_id, r.id)
      FROM ${run} r LEFT JOIN ${edit} e ON e.run_id = r.id WHERE r.status = 'QUEUED')
    FOR UPDATE OF j SKIP LOCKED`);
  return rows;
}

/** Jobs that somebody took whose runs are over: whoever ended them died before it said so to the queue. */
export async function finishedJobs(tx: Queryable): Promise<{ name: RunKind | 'sweep'; id: string }[]> {
  const { rows } = await tx.execute<{ name: RunKind | 'sweep'; id: string }>(sql`
    SELECT j.name, j.id FROM pgboss.job j JOIN ${run} r ON r.id = j.id AND j.name IN (r.kind, 'sweep')
    WHERE j.state = 'active' AND j.started_on < ${ago(`${STRANDED_SECONDS} seconds`)} AND ${isOver(sql`r.status`)}
      AND NOT EXISTS (
        SELECT 1 FROM ${edit} e JOIN ${run} member ON member.id = e.run_id
        WHERE e.sweep_id = j.id AND NOT ${isOver(sql`member.status`)})
    FOR UPDATE OF j SKIP LOCKED`);
  return rows;
}

function isOver(status: SQL): SQL {
  return sql`${status} IN ${[...FINAL_STATUSES]}`;
}

/** A job's try that does not count. */
export async function allowAnotherTry(tx: Queryable, { name, id }: { name: string; id: string }): Promise<void> {
  await tx.execute(sql`UPDATE pgboss.job SET retry_limit = retry_limit + 1 WHERE name = ${name} AND id = ${id}`);
}

/** Removes the rows of workers gone for an hour. */
export async function forgetOldWorkers(database: Database): Promise<void> {
  const old = database
    .select({ id: worker.id })
    .from(worker)
    .where(lt(worker.seenAt, ago('1 hour')));
  await database.delete(worker).where(inArray(worker.id, old));
}
