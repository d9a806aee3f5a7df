import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { requireBelow } from '../access/model-roots.js';
import { EngineError, type ImportReport } from '../engine/index.js';
import { type Held, putFilesOfModel, type StoredModel } from '../storage/index.js';
import type { ModelRow } from '../storage/types.js';
import { stagesOf } from './checkup-job.js';
import { sourcePath } from './files/model-files.js';
import { fetchModel } from './hub/index.js';
import type { JobContext, JobSignals } from './job.js';

/** Progress goes into the log when so much time has passed, and so large a share was done since. */
const NOTE_MS = 500;
const NOTE_SHARE = 0.005;

/**
 * Fetches a model that is on a hub, reads and checks it, and runs it once; what is slower follows as a job of its own. Of a
 * model that is refused nothing stays behind.
 */
export async function importJob(context: JobContext, held: Held, { signal }: JobSignals): Promise<void> {
  const { work, engine, enqueue, interactive } = context;
  const model = await work.models.row(held.runId);
  const path = model.hub ? await fetched(context, held, model, signal) : sourcePath(model);
  // Again: a link may have changed since, and this may be another machine. What ships needs nobody's permission.
  if (!model.hub && isAbsolute(model.source) && context.modelRoots)
    await requireBelow(context.modelRoots, 'input.path', path);
  const onStage = async (stage: { stage: string; done: number; total: number }) => {
    await work.append(held, 'ImportStage', { ...stage });
  };
  try {
    // Not while it is fetched: trainings would wait for the network.
    const { report, ...description } = await interactive.during(() =>
      engine.importModel(path, onStage, signal, model.tapChoice),
    );
    const stored = await storeFiles(context, held, path, report);
    await work.models.finishImport(
      held,
      {
        ...description,
        // What ships has no path of its own: it lies elsewhere on another host.
        ...(model.hub || path === model.source ? { path } : {}),
        report: { ...report, memory: null, gradients: null, samples: null },
      },
      async (tx) => {
        if (stored) await putFilesOfModel(tx, held.runId, stored);
        await enqueue(tx, 'gallery', randomUUID(), { modelId: held.runId });
      },
      stagesOf(report, description.resolution),
    );
  } catch (error) {
    const refused = error instanceof EngineError && error.code === 'MODEL_INVALID';
    if (refused && model.hub && !(await work.models.isModelAt(path))) await rm(path, { recursive: true, force: true });
    throw error;
  }
}

/** Makes the model's files reachable by every worker. Null where there is no store. */
async function storeFiles(
  { work, files }: JobContext,
  held: Held,
  path: string,
  report: ImportReport,
): Promise<StoredModel | null> {
  if (!files) return null;
  const note = paced((done, total) => work.append(held, 'ImportStage', { stage: 'storing', done, total }));
  return files.store(path, report.files, note);
}

/** Passes progress on from time to time, and the beginning and the end of it always. */
function paced(write: (done: number, total: number) => Promise<unknown>) {
  let [notedMs, noted] = [0, -1];
  return async (done: number, total: number): Promise<void> => {
    const now = performance.now();
    const due = now - notedMs >= NOTE_MS && done - noted >= NOTE_SHARE * total;
    if (noted >= 0 && !due && (done < total || noted === total)) return;
    [notedMs, noted] = [now, done];
    await write(done, total);
  };
}

/** The folder that the model was fetched to. */
async function fetched({ work, hub }: JobContext, held: Held, model: ModelRow, signal: AbortSignal): Promise<string> {
  if (!model.hub) return model.source;
  if (!hub) throw new EngineError('BAD_USER_INPUT', 'input.hubId: this worker has no folder to fetch models to.');
  const onProgress = paced((done, total) => work.append(held, 'ImportStage', { stage: 'fetching', done, total }));
  const { folder, commit } = await fetchModel(hub, model.hub, onProgress, signal);
  await work.models.setSource(held, `hub:${model.hub.hubId}@${commit}`);
  return folder;
}
