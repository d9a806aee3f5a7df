import { setImmediate } from 'node:timers/promises';
import type {
  BackgroundOptions,
  DirectionFileContent,
  DiscoveryConfig,
  DiscoveryEstimate,
  EditRequest,
  EncodedImage,
  Engine,
  ExportedDirection,
  GradientCheck,
  ImportStage,
  Inversion,
  MemoryReport,
  MergedDirection,
  MergeRequest,
  ModelDescription,
  ModelRef,
  ReverseProcess,
  SweepRequest,
  YieldTo,
} from './contract.js';
import { type DiffusionModel, imageShape } from './diffusion/model.js';
import { SampleImages } from './diffusion/sample-images.js';
import type { Between } from './diffusion/trajectory.js';
import { estimateDiscovery } from './discovery/estimate.js';
import { discover } from './discovery/loop.js';
import { batchOf, gallery } from './doctor/gallery.js';
import { checkGradients } from './doctor/gradient-check.js';
import { importReport } from './doctor/import-report.js';
import { memoryReport } from './doctor/memory-report.js';
import type { BaseTrajectory } from './edit/base-trajectory.js';
import { BaseTrajectories } from './edit/bases.js';
import { edit, filmstrip, sweep } from './edit/edit.js';
import { EditedSampler } from './edit/edited-sampler.js';
import { EFFECT_SAMPLES, EffectGauge } from './edit/effects.js';
import { invertPicture } from './edit/inversion.js';
import { mergeDirections } from './edit/merge.js';
import { SampleDirections } from './edit/sample-directions.js';
import { isStochastic } from './edit/sampling.js';
import { exportDirections, readDirections } from './edit/travel.js';
import { bankFor, type VariationSetting } from './edit/variations.js';
import { EngineError, throwIfAborted } from './errors.js';
import { loadModel } from './models/load-model.js';
import { encodePicture } from './picture.js';
import { type Device, openDevice, type Precision } from './runtime/device.js';
import { PROCESSOR, SOFTWARE } from './runtime/software.js';
import type { DirectionBank } from './shift/bank.js';

/** Models and samplers kept ready; the least recently used one goes first. */
const MAX_MODELS = 2;
const MAX_SAMPLERS = 6;
const MAX_SAMPLE_DIRECTIONS = 2;
/** Rows of a session run of a sweep at most: one of 32×32 then takes as long as one of a training. */
const MAX_SWEEP_BATCH = 17;
/** Pixels of a session run on the CPU, which lets nothing more urgent in. */
const MAX_SWEEP_PIXELS = MAX_SWEEP_BATCH * 32 ** 2;

export interface EngineOptions {
  readonly device: string;
  /** See {@link Device.memoryBudget}. */
  readonly memoryBudget?: number;
  /** See {@link Device.precision}; float32 if left out. */
  readonly precision?: Precision;
}

/** Opens a device and gives the engine that runs on it. */
export async function createEngine({ device, memoryBudget, precision }: EngineOptions): Promise<Engine> {
  return engineOn(await openDevice(device, undefined, memoryBudget, precision));
}

/** The engine that runs on a device. */
export function engineOn(device: Device): Engine {
  return new LocalEngine(device);
}

class LocalEngine implements Engine {
  private readonly models = new Map<string, Promise<DiffusionModel>>();
  private readonly samplers = new Map<string, Promise<EditedSampler>>();
  private readonly bases = new BaseTrajectories();
  private readonly images = new Map<string, Promise<SampleImages>>();
  private readonly sampleDirections = new Map<string, Promise<SampleDirections>>();

  constructor(private readonly device: Device) {}

  get devices() {
    return this.device.reports;
  }

  get software() {
    return SOFTWARE;
  }

  get processor() {
    return PROCESSOR;
  }

  get deviceName(): string {
    return this.device.name;
  }

  async importModel(
    path: string,
    onStage: (stage: ImportStage) => Promise<void>,
    signal: AbortSignal,
    hTap: string | null = null,
  ): Promise<ModelDescription> {
    const between = checks(signal);
    await onStage({ stage: 'reading', done: 0, total: 2 });
    const model = await loadModel(path, { hTap: hTap ?? undefined });
    await between();
    await onStage({ stage: 'sampling', done: 1, total: 2 });
    // A model that cannot make one finite step is refused here, not in the middle of somebody's training.
    const seconds = await this.firstStep(model, between);
    await onStage({ stage: 'ready', done: 2, total: 2 });
    return { ...describe(model), report: importReport(model, seconds) };
  }

  async foretellMemory(ref: ModelRef): Promise<MemoryReport> {
    return memoryReport(await this.model(ref));
  }

  async checkGradients(ref: ModelRef, options: BackgroundOptions): Promise<GradientCheck> {
    return checkGradients(await this.model(ref), this.device, inBackground(options));
  }

  async *gallery(ref: ModelRef, request: Parameters<Engine['gallery']>[1], options: Parameters<Engine['gallery']>[2]) {
    const model = await this.model(ref);
    const batch = batchOf(model, request.seeds.length);
    const sampler = await this.sampler(model, batch, 'SYMMETRIC', false);
    yield* gallery(model, { sampler, batch, between: inBackground(options) }, request, options.onProgress);
  }

  async *discover(ref: ModelRef, config: DiscoveryConfig, options: Parameters<Engine['discover']>[2]) {
    yield* discover(await this.model(ref), config, options, this.device);
  }

  async estimate(ref: ModelRef, config: DiscoveryConfig, signal: AbortSignal): Promise<DiscoveryEstimate> {
    return estimateDiscovery(await this.model(ref), config, this.device, checks(signal));
  }

  async *edit(ref: ModelRef, request: EditRequest, signal: AbortSignal) {
    const { batch = 1, coarseSteps = 0, shifts } = request;
    const model = await this.model(ref);
    const full = await this.base(model, request, batch, request.samplingSteps);
    const coarse = coarseSteps > 0 ? await this.base(model, request, batch, coarseSteps) : null;
    yield* edit({ full, coarse }, shifts, request, this.setting(model, request, batch, checks(signal)));
  }

  async *sweep(ref: ModelRef, request: SweepRequest, options: Parameters<Engine['sweep']>[2]) {
    const { variations, batch } = request;
    const { signal, yieldTo, shouldSkip } = options;
    const model = await this.model(ref);
    const base = await this.base(model, request, batch, request.samplingSteps);
    const between = async () => {
      await yieldTo();
      throwIfAborted(signal);
    };
    yield* sweep(base, variations, request, this.setting(model, request, batch, between), shouldSkip);
  }

  sweepBatch(variations: number, resolution: number): number {
    const fitting = this.device.name === 'cpu' ? Math.floor(MAX_SWEEP_PIXELS / resolution ** 2) : MAX_SWEEP_BATCH;
    const most = Math.min(Math.max(fitting, 1), MAX_SWEEP_BATCH);
    // The unedited sample is one of them.
    return Math.ceil((variations + 1) / Math.ceil((variations + 1) / most));
  }

  async invert(ref: ModelRef, image: Parameters<Engine['invert']>[1], signal: AbortSignal): Promise<Inversion> {
    const model = await this.model(ref);
    const sampler = await this.sampler(model, 1, 'SYMMETRIC', false);
    return invertPicture(sampler, image, checks(signal));
  }

  async merge(ref: ModelRef, request: MergeRequest, signal: AbortSignal): Promise<MergedDirection> {
    const model = await this.model(ref);
    const sampler = await this.sampler(model, EFFECT_SAMPLES, request.reverseProcess, false);
    const gauge = new EffectGauge(sampler, this.directionsOf(model, EFFECT_SAMPLES));
    return mergeDirections(model, request, gauge, checks(signal));
  }

  async filmstrip(
    ref: ModelRef,
    request: Parameters<Engine['filmstrip']>[1],
    signal: AbortSignal,
    yieldTo: YieldTo = async () => {},
  ): Promise<EncodedImage[]> {
    const model = await this.model(ref);
    const sampler = await this.sampler(model, request.strengths.length, request.reverseProcess, false);
    const samples = await filmstrip(
      sampler,
      { ...request, bank: bankFor(model, request.bank) },
      this.directionsOf(model, request.strengths.length),
      inBackground({ signal, yieldTo }),
    );
    return Promise.all(samples.map((sample) => encodePicture(sample, sampler.images.shape)));
  }

  async exportDirections(ref: ModelRef, directions: readonly ExportedDirection[]): Promise<Uint8Array> {
    return exportDirections(await this.model(ref), directions);
  }

  async readDirections(ref: ModelRef, bytes: Uint8Array): Promise<DirectionFileContent> {
    return readDirections(await this.model(ref), bytes);
  }

  async close(): Promise<void> {
    for (const sampler of this.samplers.values()) await (await sampler).release();
    for (const sampled of this.sampleDirections.values()) await (await sampled).release();
    for (const images of this.images.values()) await (await images).release();
    this.samplers.clear();
    this.images.clear();
    this.sampleDirections.clear();
    this.models.clear();
  }

  private async model({ path, hash, hTap }: ModelRef): Promise<DiffusionModel> {
    const key = [hash, hTap ?? ''].join(' ');
    const model = await recent(this.models, key, MAX_MODELS, () => loadModel(path, { hTap: hTap ?? undefined }));
    if (model.hash === hash) return model;
    this.models.delete(key);
    throw new EngineError(
      'MODEL_INVALID',
      `${path}: the model has changed since it was imported (hash ${model.hash}, then ${hash}). Import it again.`,
    );
  }

  private sampler(
    model: DiffusionModel,
    batch: number,
    process: ReverseProcess,
    stochastic: boolean,
  ): Promise<EditedSampler> {
    const key = [model.hash, model.hTap, batch, process, stochastic].join(' ');
    return recent(
      this.samplers,
      key,
      MAX_SAMPLERS,
      async () => EditedSampler.create(model, { batch, process, stochastic }, this.device, await this.imagesOf(model)),
      async (old) => {
        this.bases.forget(old);
        await old.release();
      },
    );
  }

  /** Shared by the samplers of a model: a decoder is large. */
  private imagesOf(model: DiffusionModel): Promise<SampleImages> {
    return recent(
      this.images,
      model.hash,
      MAX_MODELS,
      async () => new SampleImages(model, this.device),
      (old) => old.release(),
    );
  }

  /** The unedited trajectory of what an edit starts from; kept, so that the next edit of the same base finds it there. */
  private async base(
    model: DiffusionModel,
    request: Omit<EditRequest, 'shifts'>,
    batch: number,
    samplingSteps: number,
  ): Promise<BaseTrajectory> {
    const { seed, latents = null, eta, qualityBoost = 0, reverseProcess } = request;
    const sampling = { samplingSteps, eta, qualityBoost };
    const sampler = await this.sampler(model, batch, reverseProcess, isStochastic(sampling));
    return this.bases.get(sampler, { seed, latents }, sampling);
  }

  private setting(
    model: DiffusionModel,
    { reverseProcess: process }: Pick<EditRequest, 'reverseProcess'>,
    batch: number,
    between: Between,
  ): VariationSetting {
    return { process, sampleDirections: this.directionsOf(model, batch), between };
  }

  private directionsOf(model: DiffusionModel, batch: number) {
    return (bank: DirectionBank): Promise<SampleDirections> =>
      recent(
        this.sampleDirections,
        [model.hash, model.hTap, batch].join(' '),
        MAX_SAMPLE_DIRECTIONS,
        () => SampleDirections.create(model, batch, bank, this.device),
        (old) => old.release(),
      );
  }

  /** Seconds of one step, its session apart. */
  private async firstStep(model: DiffusionModel, between: Between): Promise<number> {
    const sampler = await EditedSampler.create(
      model,
      { batch: 1, process: 'SYMMETRIC', stochastic: false },
      this.device,
    );
    const start = performance.now();
    try {
      for await (const { predictedX0 } of sampler.sample([0], 1, 0, () => sampler.zero(), between)) {
        const image = await sampler.images.of(predictedX0, between);
        if (!image.data.every(Number.isFinite))
          throw new EngineError('MODEL_INVALID', 'The model gives values that are not finite.');
      }
      return (performance.now() - start) / 1000;
    } finally {
      await sampler.release();
    }
  }
}

/** A session run blocks the event loop: whatever else waits for it gets its turn between two. */
function checks(signal: AbortSignal): Between {
  return async () => {
    await setImmediate();
    throwIfAborted(signal);
  };
}

function inBackground({ signal, yieldTo }: BackgroundOptions): Between {
  return async () => {
    throwIfAborted(signal);
    await yieldTo();
    throwIfAborted(signal);
  };
}

function describe(model: DiffusionModel): Omit<ModelDescription, 'report'> {
  const { hash, hShape, hTap, parameterCount, schedule } = model;
  const [channels, resolution] = imageShape(model);
  const { trainTimesteps, betaSchedule, predictionType } = schedule;
  return { hash, resolution, channels, parameterCount, hShape, hTap, trainTimesteps, betaSchedule, predictionType };
}

/** A bounded cache of promises; a failed one is forgotten, the least recently used one is let go. */
async function recent<T>(
  cache: Map<string, Promise<T>>,
  key: string,
  limit: number,
  make: () => Promise<T>,
  release?: (old: T) => Promise<void>,
): Promise<T> {
  const made = cache.get(key) ?? make();
  cache.delete(key);
  cache.set(key, made);
  const [oldest] = cache.keys();
  if (cache.size > limit && oldest !== undefined) {
    const old = cache.get(oldest);
    cache.delete(oldest);
    if (old && release) void old.then(release, () => {});
  }
  try {
    return await made;
  } catch (error) {
    cache.delete(key);
    throw error;
  }
}
