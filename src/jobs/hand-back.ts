import type { Work } from '../storage/index.js';
import type { RunKind } from '../storage/types.js';
import type { Queue } from './queue.js';

/** States of a job that a worker will still take. */
const WAITING: ReadonlySet<string> = new Set(['created', 'retry', 'active']);

/**
 * Gives a run that was not finished back to the queue, or ends it when it has been tried often enough. The job goes
 * first: killed between the two, the run is still RUNNING under a worker that is gone, and is found again.
 */
export async function handBack(
  { boss }: Queue,
  work: Work,
  { runId, kind, epoch }: { runId: string; kind: RunKind; epoch: number },
  reason: string,
): Promise<void> {
  // All edits of a sweep are one job.
  const sweepId = kind === 'edit' ? (await work.edits.row(runId)).sweepId : null;
  const [queue, id] = sweepId === null ? [kind, runId] : (['sweep', sweepId] as const);
  await boss.fail(queue, id, { reason });
  const [job] = await boss.findJobs(queue, { id });
  if (job && WAITING.has(job.state)) await work.requeue(runId, epoch);
  else {
    const message = `This run was tried again and again without coming to its end (${reason}). The server log says more.`;
    await work.giveUp(runId, epoch, { code: 'INTERNAL_SERVER_ERROR', message });
  }
}
