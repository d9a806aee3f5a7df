import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import { samplingPlan } from '../diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from '../diffusion/step.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import { planBatch } from '../runtime/batch-plan.js';
import { BatchSession } from '../runtime/batch-session.js';
import type { Device } from '../runtime/device.js';
import { interpolated } from './interpolation.js';
import { averagePooled } from './pooling.js';
import type { HStatistics } from './statistics.js';

/** Samples that every component is tried on, and sampling steps of each. */
export const EFFECT_SAMPLES = 32;
export const EFFECT_STEPS = 5;
/** Standard deviations that a component is added and taken away with: strength 3, the middle of the default range. */
const SHIFT = 1.5;
const BATCH = 8;
/** Larger images are averaged down: the effects of a component need not be known by the pixel. */
const MAX_EXTENT = 32;

/** Samples that {@link measureComponentEffects} draws of a model with `count` components. */
export function effectTrials(count: number): number {
  return 2 * EFFECT_SAMPLES * count;
}

/**
 * What one standard deviation of each component does to images, `[M, n·P]`: half the difference between a sample with h
 * shifted up and down along the component, for 32 samples of P values each.
 */
export async function measureComponentEffects(
  model: DiffusionModel,
  { timesteps, components }: Pick<HStatistics, 'timesteps' | 'components'>,
  device: Device,
  between: Between,
  onProgress: (done: number) => Promise<void>,
): Promise<FloatTensor> {
  const plan = samplingPlan(model.schedule, Math.min(EFFECT_STEPS, model.schedule.trainTimesteps));
  const bases = plan.map(({ timestep }) => interpolated(components, timesteps, timestep));
  const [count = 0, width = 0] = bases[0]?.shape ?? [];
  const batches = planBatch(BATCH, device, model);
  const tape = new Tape();
  const shift = tape.input('shift', [1, ...model.hShape]);
  const { xNext } = recordStep(tape, model, stepInputs(tape, model, batches.rows), 'SYMMETRIC', () => shift);
  const session = await BatchSession.create(tape.graph({ xNext }), batches, device);
  const sampled = async (noise: FloatTensor, component: number, size: number): Promise<FloatTensor> => {
    let x = noise;
    for (const [i, step] of plan.entries()) {
      await between();
      const row = (bases[i] as FloatTensor).data.subarray(component * width, (component + 1) * width);
      const delta = floatTensor(
        [1, ...model.hShape],
        row.map((value) => value * size),
      );
      x = (await session.run({ ...stepFeeds(model, step, 0), x, shift: delta }))['xNext'] as FloatTensor;
    }
    return averagePooled(x, MAX_EXTENT);
  };
  let out: FloatTensor | null = null;
  for (let first = 0; first < EFFECT_SAMPLES; first += BATCH) {
    const key = { seed: 3, stream: STREAMS.statistics, sample: first, step: 0 };
    const noise = floatTensor([BATCH, ...model.sampleShape], normals(key, BATCH * sizeOf(model.sampleShape)));
    for (let component = 0; component < count; component += 1) {
      const [up, down] = [await sampled(noise, component, SHIFT), await sampled(noise, component, -SHIFT)];
      const change = up.data.map((value, at) => (value - (down.data[at] ?? 0)) / (2 * SHIFT));
      out ??= floatTensor([count, (EFFECT_SAMPLES / BATCH) * change.length]);
      out.data.set(change, (component * EFFECT_SAMPLES + first) * (change.length / BATCH));
      await onProgress((first / BATCH) * 2 * BATCH * count + 2 * BATCH * (component + 1));
    }
  }
  await session.release();
  return out ?? floatTensor([0, 0]);
}
