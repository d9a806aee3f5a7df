import { eq, gt, inArray, lt, sql } from 'drizzle-orm';
import type { Database } from './connection.js';
import { run, worker, workerReport } from './tables.js';
import type { Storage } from './types.js';

/** A report that is older tells of a worker that is gone. */
const REPORT_KEPT = sql`now() - interval '30 seconds'`;

/** What Prometheus is told of the database. */
export function metricsStore(database: Database): Pick<Storage['status'], 'openRuns' | 'blobBytes' | 'workerMetrics'> {
  return {
    openRuns: () =>
      database
        .select({
          kind: run.kind,
          status: run.status,
          count: sql<number>`count(*)::int`,
          oldestSeconds: sql<number>`extract(epoch FROM now() - min(${run.createdAt}))::float8`,
        })
        .from(run)
        .where(inArray(run.status, ['QUEUED', 'RUNNING', 'PAUSED']))
        .groupBy(run.kind, run.status),
    blobBytes: async () => {
      const { rows } = await database.execute<{ bytes: string }>(sql`SELECT pg_total_relation_size('blob') AS bytes`);
      return Number(rows[0]?.bytes ?? 0);
    },
    workerMetrics: async () => {
      const rows = await database
        .select({ metrics: workerReport.metrics })
        .from(workerReport)
        .innerJoin(worker, eq(worker.id, workerReport.workerId))
        .where(gt(workerReport.reportedAt, REPORT_KEPT));
      return rows.map(({ metrics }) => metrics);
    },
  };
}

/** Replaces what the worker told before, and forgets those that have told nothing for long. */
export async function reportMetrics(database: Database, workerId: string, metrics: unknown[]): Promise<void> {
  const row = { workerId, metrics, reportedAt: sql`now()` };
  await database.insert(workerReport).values(row).onConflictDoUpdate({ target: workerReport.workerId, set: row });
  await database.delete(workerReport).where(lt(workerReport.reportedAt, sql`now() - interval '1 hour'`));
}
