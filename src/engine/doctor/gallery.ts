import type { GalleryEvent } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import type { Between } from '../diffusion/trajectory.js';
import { rows } from '../edit/edit.js';
import type { EditedSampler } from '../edit/edited-sampler.js';
import type { FloatTensor } from '../graph/tensor.js';
import { sizeOf } from '../graph/tensor.js';
import { encodePicture } from '../picture.js';
import { SampleInspector } from './sample-check.js';

/** Samples of more values are made one by one, so that each session run is short and its memory small. */
const SMALL_SAMPLE = 3 * 64 * 64;

/** How many samples of a gallery are made at once. */
export function batchOf({ sampleShape }: DiffusionModel, count: number): number {
  return sizeOf(sampleShape) <= SMALL_SAMPLE ? count : 1;
}

/** Unedited samples, a picture as soon as it is finished, and what they look like altogether. */
export async function* gallery(
  model: DiffusionModel,
  { sampler, batch, between }: { sampler: EditedSampler; batch: number; between: Between },
  { seeds, samplingSteps }: { seeds: readonly number[]; samplingSteps: number },
  onProgress: (done: number, total: number) => Promise<void>,
): AsyncGenerator<GalleryEvent, void, void> {
  const steps = Math.min(samplingSteps, model.schedule.trainTimesteps);
  const inspector = new SampleInspector();
  for (let first = 0; first < seeds.length; first += batch) {
    const some = seeds.slice(first, first + batch);
    let last: FloatTensor | null = null;
    for await (const { x, stepIndex } of sampler.sample(some, steps, 0, () => sampler.zero(), between)) {
      last = x;
      await onProgress(first * steps + (stepIndex + 1) * some.length, seeds.length * steps);
    }
    const images = await sampler.images.of(last as FloatTensor, between);
    for (const [at, sample] of rows(images).entries()) {
      inspector.add(sample);
      yield { type: 'image', position: first + at, image: await encodePicture(sample, sampler.images.shape) };
    }
  }
  yield { type: 'check', check: inspector.check(steps) };
}
