import { bankOf, pinned } from './bank.js';
import type { JobContext } from './job.js';

const GALLERY_SEEDS = [0, 1, 2, 3, 4, 5, 6, 7];
const GALLERY_STEPS = 20;
/** A stored traversal, in parts of the largest strength of its discovery, and the seed that it starts from. */
const FILMSTRIP_PARTS = [-1, -0.5, 0, 0.5, 1];
const FILMSTRIP_SEED = 11;

/** Pictures that are nice to have: samples of a model, or filmstrips of a discovery's directions. */
export async function galleryJob(
  context: JobContext,
  data: { modelId?: string; discoveryId?: string },
  signal: AbortSignal,
): Promise<void> {
  if (data.modelId) await samples(context, data.modelId, signal);
  if (data.discoveryId) await filmstrips(context, data.discoveryId, signal);
}

async function samples({ work, engine }: JobContext, modelId: string, signal: AbortSignal): Promise<void> {
  const { source, hash } = await work.model(modelId);
  await work.putGallery(modelId, await engine.sample(source, hash ?? '', GALLERY_SEEDS, GALLERY_STEPS, signal));
}

async function filmstrips(
  { work, engine, blobs }: JobContext,
  discoveryId: string,
  signal: AbortSignal,
): Promise<void> {
  const { maxStrength } = (await work.discovery(discoveryId)).config;
  const strengths = FILMSTRIP_PARTS.map((part) => part * maxStrength);
  for (const direction of await work.directionsOf(discoveryId)) {
    const { source, hash } = await work.model(direction.modelId);
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
    const images = await engine.filmstrip({ path: source, hash: hash ?? '' }, request, signal);
    await work.putFilmstrip(direction.id, strengths, images);
  }
}
