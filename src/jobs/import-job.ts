import { randomUUID } from 'node:crypto';
import type { Held } from '../storage/index.js';
import { stagesOf } from './checkup-job.js';
import type { JobContext, JobSignals } from './job.js';

/** Reads and checks a model, and runs it once; what is slower follows as a job of its own. */
export async function importJob(
  { work, engine, enqueue }: JobContext,
  held: Held,
  { signal }: JobSignals,
): Promise<void> {
  const model = await work.model(held.runId);
  const onStage = async (stage: { stage: string; done: number; total: number }) => {
    await work.append(held, 'ImportStage', { ...stage });
  };
  const { report, ...description } = await engine.importModel(
    model.path ?? model.source,
    onStage,
    signal,
    model.tapChoice,
  );
  await work.finishImport(
    held,
    { ...description, report: { ...report, memory: null, gradients: null, samples: null } },
    (tx) => enqueue(tx, 'gallery', randomUUID(), { modelId: held.runId }),
    stagesOf(report, description.resolution),
  );
}
