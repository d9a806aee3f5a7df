import { bankOf, pinned } from './bank.js';
import { checkup } from './checkup-job.js';
import type { JobContext } from './job.js';
import { modelRef } from './model-ref.js';

/** A stored traversal, in parts of the largest strength of its discovery, and the seed that it starts from. */
const FILMSTRIP_PARTS = [-1, -0.5, 0, 0.5, 1];
const FILMSTRIP_SEED = 11;

/** What is nice to have: the doctor's checks and a gallery of a model, or filmstrips of a discovery's directions. */
export async function galleryJob(
  context: JobContext,
  data: { modelId?: string; discoveryId?: string },
  signal: AbortSignal,
): Promise<void> {
  if (data.modelId) await checkup(context, data.modelId, signal);
  if (data.discoveryId) await filmstrips(context, data.discoveryId, signal);
}

async function filmstrips(context: JobContext, discoveryId: string, signal: AbortSignal): Promise<void> {
  const { work, engine, interactive, blobs } = context;
  const { maxStrength } = (await work.trainings.row(discoveryId)).config;
  const strengths = FILMSTRIP_PARTS.map((part) => part * maxStrength);
  for (const direction of await work.directionsOf(discoveryId)) {
    const model = await work.models.row(direction.modelId);
    const { samplingSteps, index: directionIndex } = direction;
    const reverseProcess = direction.reverseProcess === 'ASYMMETRIC' ? 'ASYMMETRIC' : 'SYMMETRIC';
    const request = {
      bank: await bankOf(blobs, pinned(direction)),
      directionIndex,
      strengths,
      seed: FILMSTRIP_SEED,
      samplingSteps,
      reverseProcess,
    } as const;
    const images = await engine.filmstrip(await modelRef(context, model), request, signal, interactive.yieldTo);
    await work.trainings.putFilmstrip(direction.id, strengths, images);
  }
}
