import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import { type SamplingStep, samplingPlan } from '../diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from '../diffusion/step.js';
import type { Between } from '../diffusion/trajectory.js';
import { EngineError } from '../errors.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import { planBatch } from '../runtime/batch-plan.js';
import { BatchSession } from '../runtime/batch-session.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import { EFFECT_STEPS, effectTrials, measureComponentEffects } from './component-effects.js';
import { independentDirections } from './independent.js';
import { turnLargestPositive } from './signs.js';

/** Samples measured, and components kept. */
export const STATISTICS_SAMPLES = 256;
export const COMPONENT_COUNT = 64;
/** Steps of the trajectory along which h is measured; other timesteps are interpolated, so that memory does not grow with T. */
export const STATISTICS_STEPS = 10;
export const STATISTICS_BATCH = 8;
/** Forward passes of one sample that the statistics of a model come to, those of the independent directions among them. */
export const STATISTICS_FORWARDS = STATISTICS_SAMPLES * STATISTICS_STEPS + effectTrials(COMPONENT_COUNT) * EFFECT_STEPS;
const FORMAT = 'azimuth-h-statistics-3';
/** Knew no independent directions, or others: directions that were found with it can still be used. */
const EARLIER = ['azimuth-h-statistics-1', 'azimuth-h-statistics-2'];

/** Statistics of h along the unedited trajectory of one model: measured once, used at any number of sampling steps. */
export interface HStatistics {
  readonly modelHash: string;
  /** Training timestep of each step, noisiest first. */
  readonly timesteps: readonly number[];
  readonly hShape: readonly [number, number, number];
  /** Joint principal components over the whole trajectory, each of one standard deviation: `[T, M, Ch·Hh·Wh]`. */
  readonly components: FloatTensor;
  /** {@link independentDirections}: unit rows `[M,M]` in units of the components; `null` until they are asked for. */
  readonly independent: FloatTensor | null;
  /** RMS of h at each step: ρ(t), `[T]`. */
  readonly rho: FloatTensor;
}

/**
 * Measures h on 256 unedited samples (fixed seed). The components come from one SVD of the concatenation over all steps,
 * through the n×n Gram matrix, so that a component is one story told at every t; the sign makes its largest element
 * positive. The same model gives the same bytes on the same device.
 */
export async function measureStatistics(
  model: DiffusionModel,
  device: Device,
  between: Between,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<HStatistics> {
  const plan = statisticsPlan(model);
  const bottlenecks = await recordBottlenecks(model, plan, device, between, (done) =>
    onProgress(done, STATISTICS_SAMPLES),
  );
  const rho = bottlenecks.map((h) => Math.sqrt(h.data.reduce((sum, value) => sum + value * value, 0) / h.data.length));
  for (const h of bottlenecks) centre(h);
  const weights = principalWeights(await gramMatrix(bottlenecks, device, between));
  const components = await project(weights, bottlenecks, device, between);
  fixSigns(components);
  const timesteps = plan.map(({ timestep }) => timestep);
  return {
    modelHash: model.hash,
    timesteps,
    hShape: model.hShape,
    components,
    independent: null,
    rho: floatTensor([rho.length], Float32Array.from(rho)),
  };
}

/** The same with the independent directions, which take another 4,096 samples. */
export async function withIndependent(
  statistics: HStatistics,
  model: DiffusionModel,
  device: Device,
  between: Between,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<HStatistics> {
  const effects = await measureComponentEffects(model, statistics, device, between, (done) =>
    onProgress(done, effectTrials(COMPONENT_COUNT)),
  );
  return { ...statistics, independent: await independentDirections(effects, device, between) };
}

/** Steps of the measured trajectory. */
export function statisticsPlan({ schedule }: DiffusionModel): readonly SamplingStep[] {
  return samplingPlan(schedule, Math.min(STATISTICS_STEPS, schedule.trainTimesteps));
}

/** In the shape of the model's statistics, for what need not wait for them. */
export function blankStatistics(model: DiffusionModel): HStatistics {
  const timesteps = statisticsPlan(model).map(({ timestep }) => timestep);
  return {
    modelHash: model.hash,
    timesteps,
    hShape: model.hShape,
    components: floatTensor([timesteps.length, COMPONENT_COUNT, sizeOf(model.hShape)]),
    independent: null,
    rho: floatTensor([timesteps.length], new Float32Array(timesteps.length).fill(1)),
  };
}

/** h of every sample at every step: T tensors `[n, Ch·Hh·Wh]`. */
async function recordBottlenecks(
  model: DiffusionModel,
  plan: readonly SamplingStep[],
  device: Device,
  between: Between,
  onProgress: (done: number) => Promise<void>,
): Promise<FloatTensor[]> {
  const batches = planBatch(STATISTICS_BATCH, device, model);
  const tape = new Tape();
  const { xNext, h } = recordStep(tape, model, stepInputs(tape, model, batches.rows), 'SYMMETRIC', null);
  const session = await BatchSession.create(tape.graph({ xNext, h }), batches, device);
  const features = sizeOf(model.hShape);
  const all = plan.map(() => floatTensor([STATISTICS_SAMPLES, features]));
  for (let first = 0; first < STATISTICS_SAMPLES; first += STATISTICS_BATCH) {
    const key = { seed: 0, stream: STREAMS.statistics, sample: first, step: 0 };
    let x = floatTensor(
      [STATISTICS_BATCH, ...model.sampleShape],
      normals(key, STATISTICS_BATCH * sizeOf(model.sampleShape)),
    );
    for (const [i, step] of plan.entries()) {
      await between();
      const made = await session.run({ ...stepFeeds(model, step, 0), x });
      x = made['xNext'] as FloatTensor;
      all[i]?.data.set((made['h'] as FloatTensor).data, first * features);
    }
    await onProgress(first + STATISTICS_BATCH);
  }
  await session.release();
  return all;
}

/** Takes the mean over samples from each row. */
function centre({ shape, data }: FloatTensor): void {
  const [n, width] = shape as [number, number];
  const mean = new Float64Array(width);
  data.forEach((value, at) => {
    mean[at % width] = (mean[at % width] ?? 0) + value / n;
  });
  data.forEach((value, at) => {
    data[at] = value - (mean[at % width] ?? 0);
  });
}

/** Σ_t A_t·A_tᵀ, `[n,n]`. */
async function gramMatrix(steps: readonly FloatTensor[], device: Device, between: Between): Promise<Matrix> {
  const tape = new Tape();
  const a = tape.input('a', steps[0]?.shape ?? []);
  const session = await Session.create(tape.graph({ gram: tape.matmul(a, tape.transposeLast(a)) }), device);
  const sum = Matrix.zeros(STATISTICS_SAMPLES, STATISTICS_SAMPLES);
  for (const step of steps) {
    await between();
    const { data } = (await session.run({ a: step }))['gram'] as FloatTensor;
    for (let i = 0; i < STATISTICS_SAMPLES; i += 1) {
      for (let j = 0; j < STATISTICS_SAMPLES; j += 1)
        sum.set(i, j, sum.get(i, j) + (data[i * STATISTICS_SAMPLES + j] ?? 0));
    }
  }
  await session.release();
  return sum;
}

/** Rows u_m/√n for the largest eigenvalues: with A = U·S·Vᵀ, (u_m/√n)ᵀ·A = (s_m/√n)·v_m, a component of one standard deviation. */
function principalWeights(gram: Matrix): FloatTensor {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((_, index) => index)
    .sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  const out = floatTensor([COMPONENT_COUNT, STATISTICS_SAMPLES]);
  order.slice(0, COMPONENT_COUNT).forEach((column, m) => {
    for (let i = 0; i < STATISTICS_SAMPLES; i += 1) {
      out.data[m * STATISTICS_SAMPLES + i] = eigenvectorMatrix.get(i, column) / Math.sqrt(STATISTICS_SAMPLES);
    }
  });
  return out;
}

async function project(
  weights: FloatTensor,
  steps: readonly FloatTensor[],
  device: Device,
  between: Between,
): Promise<FloatTensor> {
  const tape = new Tape();
  const [w, a] = [tape.input('w', weights.shape), tape.input('a', steps[0]?.shape ?? [])];
  const session = await Session.create(tape.graph({ components: tape.matmul(w, a) }), device);
  const width = steps[0]?.shape[1] ?? 0;
  const out = floatTensor([steps.length, COMPONENT_COUNT, width]);
  for (const [i, step] of steps.entries()) {
    await between();
    out.data.set(
      ((await session.run({ w: weights, a: step }))['components'] as FloatTensor).data,
      i * COMPONENT_COUNT * width,
    );
  }
  await session.release();
  return out;
}

function fixSigns({ shape, data }: FloatTensor): void {
  const [steps, count, width] = shape as [number, number, number];
  for (let m = 0; m < count; m += 1) {
    const rows = Array.from({ length: steps }, (_, i) =>
      data.subarray((i * count + m) * width, (i * count + m + 1) * width),
    );
    turnLargestPositive(rows);
  }
}

/** As bytes: safetensors with `components`, `rho` and, where they are known, `independent`. */
export function encodeStatistics({
  modelHash,
  timesteps,
  hShape,
  components,
  independent,
  rho,
}: HStatistics): Uint8Array {
  const metadata = {
    format: FORMAT,
    modelHash,
    timesteps: JSON.stringify(timesteps),
    hShape: JSON.stringify(hShape),
  };
  return writeSafetensors({
    tensors: new Map([
      ['components', components],
      ...(independent ? [['independent', independent] as const] : []),
      ['rho', rho],
    ]),
    metadata,
  });
}

/** Reads {@link encodeStatistics}' bytes; throws MODEL_INVALID on anything else. */
export function decodeStatistics(bytes: Uint8Array): HStatistics {
  const { tensors, metadata } = readSafetensors(bytes, 'h statistics');
  const [components, rho] = [tensors.get('components'), tensors.get('rho')];
  if (!components || !rho || ![FORMAT, ...EARLIER].includes(metadata['format'] ?? '')) {
    throw new EngineError('MODEL_INVALID', `h statistics: expected ${FORMAT} with components and rho.`);
  }
  const timesteps = JSON.parse(metadata['timesteps'] ?? '[]') as number[];
  const hShape = JSON.parse(metadata['hShape'] ?? '[]') as [number, number, number];
  const modelHash = metadata['modelHash'] ?? '';
  return { modelHash, timesteps, hShape, components, independent: tensors.get('independent') ?? null, rho };
}
