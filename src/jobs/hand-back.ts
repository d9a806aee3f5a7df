import { sql } from 'drizzle-orm';
import { fromDrizzle } from 'pg-boss';
import { allowAnotherTry, type Queryable, type Work, wakeWorkers } from '../storage/index.js';
import type { RunErrorRow, RunKind } from '../storage/types.js';
import type { Queue, QueueName } from './queue.js';

/** States of a job that a worker will still take. */
const WAITING: ReadonlySet<string> = new Set(['created', 'retry', 'active']);

/** The queue counts as a try of an import, too, that a worker passed it on. */
const IMPORT_TRIES = 3;

export interface HeldRun {
  readonly runId: string;
  readonly kind: RunKind;
  readonly epoch: number;
}

/**
 * Gives a run that was not finished back to the queue, or ends it when it has been tried often enough: run and job in one
 * transaction, under the run's epoch. Of several that do so at once, one does. `isFault`: the run itself may be the reason.
 */
export async function handBack(
  queue: Queue,
  work: Work,
  held: HeldRun,
  reason: string,
  { isFault } = { isFault: true },
): Promise<void> {
  const job = await jobOf(work, held);
  await work.handOver(held, async (tx) => {
    // What was no fault of the run, and of no work of its own, is not held against it.
    if (!isFault) await allowAnotherTry(tx, job);
    // Each try takes the run once and hands it back once.
    const isTooOften = held.kind === 'import' && held.epoch >= 2 * IMPORT_TRIES - 1;
    const goesOn = !isTooOften && (await putBack(queue, tx, job, reason));
    return goesOn ? null : givenUp(reason);
  });
}

/** All edits of a sweep are one job. */
async function jobOf(work: Work, { runId, kind }: HeldRun): Promise<{ name: 'sweep' | RunKind; id: string }> {
  const sweepId = kind === 'edit' ? (await work.edits.row(runId)).sweepId : null;
  return sweepId === null ? { name: kind, id: runId } : { name: 'sweep', id: sweepId };
}

/** Whether a worker will take the job again. */
export async function putBack(
  { boss, enqueue, dequeue }: Pick<Queue, 'boss' | 'enqueue' | 'dequeue'>,
  tx: Queryable,
  { name, id }: { name: 'sweep' | RunKind; id: string },
  reason: string,
): Promise<boolean> {
  const db = fromDrizzle(tx, sql);
  await boss.fail(name satisfies QueueName, id, { reason }, { db });
  const [job] = await boss.findJobs(name, { id, db });
  if (job?.state === 'failed' || job?.state === 'cancelled') return false;
  // A job that is over, or swept away, though its run is not: whoever ended it did not end the run.
  if (!job || !WAITING.has(job.state)) {
    await dequeue(tx, name, id);
    await enqueue(tx, name, id, {});
  }
  await wakeWorkers(tx, name);
  return true;
}

function givenUp(reason: string): RunErrorRow {
  const message = `This run was tried again and again without coming to its end (${reason}). The server log says more.`;
  return { code: 'INTERNAL_SERVER_ERROR', message };
}
