import { randomUUID } from 'node:crypto';
import type { Held } from '../storage/index.js';
import type { JobContext, JobSignals } from './job.js';

/** Reads and checks a model's folder; its gallery follows as a job of its own. */
export async function importJob(
  { work, engine, enqueue }: JobContext,
  held: Held,
  { signal }: JobSignals,
): Promise<void> {
  const model = await work.model(held.runId);
  const onStage = async (stage: { stage: string; done: number; total: number }) => {
    await work.append(held, 'ImportStage', { ...stage });
  };
  const description = await engine.importModel(model.source, onStage, signal);
  await work.finishImport(held, description, (tx) => enqueue(tx, 'gallery', randomUUID(), { modelId: held.runId }));
}
