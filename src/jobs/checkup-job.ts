import { EngineError, type ImportReport, STATISTICS_FORWARDS } from '../engine/index.js';
import type { ModelStageRow } from '../storage/types.js';
import type { JobContext } from './job.js';
import { modelRef } from './model-ref.js';

const GALLERY_SEEDS = [0, 1, 2, 3, 4, 5, 6, 7];
const GALLERY_STEPS = 20;
/** Between two notes of progress. */
const NOTE_MS = 1000;
/** Forward passes at the check's own extent that the self-check comes to, VJPs counted as three. */
const CHECK_FORWARDS = 60;
const CHECK_PIXELS = 64 * 64;

type StageName = ModelStageRow['name'];

/** What is left to do of a model when it is READY, and how long it may take. */
export function stagesOf({ secondsPerForward }: ImportReport, resolution: number): Omit<ModelStageRow, 'modelId'>[] {
  const share = Math.min(1, CHECK_PIXELS / resolution ** 2);
  const stage = (name: StageName, total: number, estimatedSeconds: number | null) => {
    return { name, status: 'WAITING' as const, done: 0, total, estimatedSeconds, message: null };
  };
  return [
    stage('MEMORY', 1, null),
    stage('SELF_CHECK', 1, secondsPerForward * share * CHECK_FORWARDS),
    stage('GALLERY', GALLERY_SEEDS.length * GALLERY_STEPS, secondsPerForward * GALLERY_SEEDS.length * GALLERY_STEPS),
    // Measured by the first discovery.
    stage('STATISTICS', 1, secondsPerForward * STATISTICS_FORWARDS),
  ];
}

/** The doctor's slower stages, one after the other, each once; anything interactive goes before them. */
export async function checkup(context: JobContext, modelId: string, signal: AbortSignal): Promise<void> {
  const { work, engine, interactive } = context;
  const ref = await modelRef(context, await work.models.row(modelId));
  const options = { signal, yieldTo: interactive.yieldTo };
  await stage(context, modelId, 'MEMORY', async () => {
    await work.models.extendReport(modelId, { memory: await engine.foretellMemory(ref) });
  });
  await stage(context, modelId, 'SELF_CHECK', async () => {
    await work.models.extendReport(modelId, { gradients: await engine.checkGradients(ref, options) });
  });
  await stage(context, modelId, 'GALLERY', async (note) => {
    const request = { seeds: GALLERY_SEEDS, samplingSteps: GALLERY_STEPS };
    for await (const event of engine.gallery(ref, request, { ...options, onProgress: note })) {
      if (event.type === 'image') await work.models.putSample(modelId, event.position, event.image);
      else await work.models.extendReport(modelId, { samples: event.check });
    }
  });
}

/**
 * Runs a stage that was not done yet. One that fails says why, and the next one follows; one that was running when its
 * process died is not tried again.
 */
async function stage(
  { work, logger }: JobContext,
  modelId: string,
  name: StageName,
  run: (note: (done: number, total: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const before = await work.models.stage(modelId, name);
  if (before?.status === 'DONE' || before?.status === 'FAILED') return;
  const key = { modelId, name };
  if (before?.status === 'RUNNING') {
    const message = 'The process ended while this ran, perhaps for want of memory.';
    return work.models.putStage({ ...key, status: 'FAILED', message });
  }
  await work.models.putStage({ ...key, status: 'RUNNING' });
  try {
    await run(progress((stage) => work.models.putStage(stage), key));
    const total = before?.total ?? 1;
    await work.models.putStage({ ...key, status: 'DONE', done: total, total });
  } catch (error) {
    if (error instanceof EngineError && error.code === 'CANCELLED') {
      await work.models.putStage({ ...key, status: 'WAITING' });
      throw error;
    }
    if (!(error instanceof EngineError)) throw error;
    logger.warn({ modelId, stage: name, err: error }, 'a stage behind an import failed');
    await work.models.putStage({ ...key, status: 'FAILED', message: error.message });
  }
}

/** Notes how far a stage is about every second, and what it will take altogether at this pace. */
export function progress(put: JobContext['work']['models']['putStage'], key: { modelId: string; name: StageName }) {
  const start = performance.now();
  let noted = start;
  return async (done: number, total: number): Promise<void> => {
    const now = performance.now();
    if (now - noted < NOTE_MS || done === 0) return;
    noted = now;
    const estimatedSeconds = ((now - start) / 1000 / done) * total;
    await put({ ...key, status: 'RUNNING', done, total, estimatedSeconds });
  };
}
