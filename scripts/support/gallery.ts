import type { EncodedImage, Engine, ModelRef } from '../../src/engine/index.js';

/** The pictures of a gallery, without what comes beside them. */
export async function galleryOf(
  engine: Engine,
  model: ModelRef,
  seeds: readonly number[],
  samplingSteps: number,
): Promise<EncodedImage[]> {
  const options = { signal: new AbortController().signal, yieldTo: async () => {}, onProgress: async () => {} };
  const images: EncodedImage[] = [];
  for await (const event of engine.gallery(model, { seeds, samplingSteps }, options)) {
    if (event.type === 'image') images.push(event.image);
  }
  return images;
}
