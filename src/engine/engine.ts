import type {
  DirectionFileContent,
  DiscoveryConfig,
  DiscoveryEstimate,
  EditRequest,
  EncodedImage,
  Engine,
  ExportedDirection,
  ImportStage,
  ModelDescription,
  ModelRef,
  ReverseProcess,
} from './contract.js';
import type { DiffusionModel } from './diffusion/model.js';
import type { Between } from './diffusion/trajectory.js';
import { estimateDiscovery } from './discovery/estimate.js';
import { discover } from './discovery/loop.js';
import { bankFor, edit, filmstrip, rows } from './edit/edit.js';
import { EditedSampler } from './edit/edited-sampler.js';
import { SampleDirections } from './edit/sample-directions.js';
import { exportDirections, readDirections } from './edit/travel.js';
import { EngineError, throwIfAborted } from './errors.js';
import type { FloatTensor } from './graph/tensor.js';
import { loadModel } from './models/load-model.js';
import { encodePicture } from './picture.js';
import { type Device, openDevice } from './runtime/device.js';
import type { DirectionBank } from './shift/bank.js';

/** Models and samplers kept ready; the least recently used one goes first. */
const MAX_MODELS = 2;
const MAX_SAMPLERS = 6;
const MAX_SAMPLE_DIRECTIONS = 2;

/** Opens a device and gives the engine that runs on it. */
export async function createEngine({ device }: { device: string }): Promise<Engine> {
  return engineOn(await openDevice(device));
}

/** The engine that runs on a device. */
export function engineOn(device: Device): Engine {
  return new LocalEngine(device);
}

class LocalEngine implements Engine {
  private readonly models = new Map<string, Promise<DiffusionModel>>();
  private readonly samplers = new Map<string, Promise<EditedSampler>>();
  private readonly sampleDirections = new Map<string, Promise<SampleDirections>>();

  constructor(private readonly device: Device) {}

  get devices() {
    return this.device.reports;
  }

  get deviceName(): string {
    return this.device.name;
  }

  async importModel(
    path: string,
    onStage: (stage: ImportStage) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ModelDescription> {
    const between = checks(signal);
    await onStage({ stage: 'reading', done: 0, total: 2 });
    const model = await loadModel(path);
    await between();
    await onStage({ stage: 'sampling', done: 1, total: 2 });
    // A model that cannot make one finite step is refused here, not in the middle of somebody's training.
    await this.firstStep(model, between);
    await onStage({ stage: 'ready', done: 2, total: 2 });
    return describe(model);
  }

  async sample(
    path: string,
    hash: string,
    seeds: readonly number[],
    samplingSteps: number,
    signal: AbortSignal,
  ): Promise<EncodedImage[]> {
    const model = await this.model({ path, hash });
    const sampler = await this.sampler(model, seeds.length, 'SYMMETRIC', false);
    let last: FloatTensor | null = null;
    for await (const { x } of sampler.sample(seeds, samplingSteps, 0, () => sampler.zero(), checks(signal))) last = x;
    return Promise.all(rows(last as FloatTensor).map((row) => encodePicture(row, model.sampleShape)));
  }

  async *discover(ref: ModelRef, config: DiscoveryConfig, options: Parameters<Engine['discover']>[2]) {
    yield* discover(await this.model(ref), config, options, this.device);
  }

  async estimate(ref: ModelRef, config: DiscoveryConfig, signal: AbortSignal): Promise<DiscoveryEstimate> {
    return estimateDiscovery(await this.model(ref), config, this.device, checks(signal));
  }

  async *edit(ref: ModelRef, request: EditRequest, signal: AbortSignal) {
    const model = await this.model(ref);
    const sampler = await this.sampler(model, 1, request.reverseProcess, request.eta > 0);
    yield* edit(model, sampler, request, this.directionsOf(model, 1), checks(signal));
  }

  async filmstrip(
    ref: ModelRef,
    request: Parameters<Engine['filmstrip']>[1],
    signal: AbortSignal,
  ): Promise<EncodedImage[]> {
    const model = await this.model(ref);
    const sampler = await this.sampler(model, request.strengths.length, request.reverseProcess, false);
    const samples = await filmstrip(
      sampler,
      { ...request, bank: bankFor(model, request.bank) },
      this.directionsOf(model, request.strengths.length),
      checks(signal),
    );
    return Promise.all(samples.map((sample) => encodePicture(sample, model.sampleShape)));
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
    this.samplers.clear();
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
      () => EditedSampler.create(model, { batch, process, stochastic }, this.device),
      (old) => old.release(),
    );
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

  private async firstStep(model: DiffusionModel, between: Between): Promise<void> {
    const sampler = await EditedSampler.create(
      model,
      { batch: 1, process: 'SYMMETRIC', stochastic: false },
      this.device,
    );
    try {
      for await (const { predictedX0 } of sampler.sample([0], 1, 0, () => sampler.zero(), between)) {
        if (!predictedX0.data.every(Number.isFinite))
          throw new EngineError('MODEL_INVALID', 'The model gives values that are not finite.');
      }
    } finally {
      await sampler.release();
    }
  }
}

function checks(signal: AbortSignal): Between {
  return async () => throwIfAborted(signal);
}

function describe(model: DiffusionModel): ModelDescription {
  const { hash, sampleShape, hShape, hTap, parameterCount, schedule } = model;
  const [channels, resolution] = sampleShape;
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
