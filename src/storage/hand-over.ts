import { eq, sql } from 'drizzle-orm';
import { REQUEST_CHANNEL } from './bell.js';
import type { Queryable } from './connection.js';
import { setStatus, takeRun } from './run-status.js';
import { model, run } from './tables.js';
import type { RunErrorRow } from './types.js';

/** What a worker listens to in order to hear of jobs that came back into a queue. */
export function queueKey(queue: string): string {
  return `queue/${queue}`;
}

/** Wakes the workers of a queue once the transaction has committed. */
export async function wakeWorkers(tx: Queryable, queue: string): Promise<void> {
  await tx.execute(sql`SELECT pg_notify(${REQUEST_CHANNEL}, ${queueKey(queue)})`);
}

/**
 * Takes a run from whoever holds it under `epoch`, for `decide` to say within the transaction whether somebody else goes on
 * with it: QUEUED with null, FAILED with an error. False, and nothing happens, if somebody else was faster.
 */
export async function handOver(
  tx: Queryable,
  { runId, epoch }: { readonly runId: string; readonly epoch: number },
  decide: () => Promise<RunErrorRow | null>,
): Promise<boolean> {
  const [row] = await tx.select().from(run).where(eq(run.id, runId)).for('update');
  if (row?.epoch !== epoch) return false;
  const taken = await takeRun(tx, runId);
  if (!taken) return false;
  const error = await decide();
  await setStatus(tx, { runId, epoch: taken.epoch, status: error ? 'FAILED' : 'QUEUED', error });
  if (error && taken.kind === 'import')
    await tx.update(model).set({ status: 'FAILED', error }).where(eq(model.id, runId));
  return true;
}
