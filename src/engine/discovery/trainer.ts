import type { DiscoveryConfig } from '../contract.js';
import { type DiffusionModel, seenShape } from '../diffusion/model.js';
import { SampleImages } from '../diffusion/sample-images.js';
import type { Between } from '../diffusion/trajectory.js';
import { sharedCopy } from '../graph/shared-memory.js';
import { copyOf, type FloatTensor } from '../graph/tensor.js';
import { adamStep } from '../learning/adam.js';
import { decayAt, movingAverage } from '../learning/average.js';
import { mapped, type Parameters } from '../learning/parameters.js';
import type { Device } from '../runtime/device.js';
import { type ShiftConfig, type ShiftControl, shiftControl } from '../shift/control.js';
import type { HStatistics } from '../shift/statistics.js';
import { powerIteration } from './discriminator.js';
import { drawChoice, drawNoise } from './draw.js';
import { Objective, type ObjectiveResult, type ObjectiveShape, type Pairs } from './objective.js';
import { REPLAY_BATCHES, REPLAY_UPDATES, recall, remember } from './replay.js';
import { type OnStep, type SamplerConfig, Samplers } from './samplers.js';
import { initialState, type Learner, type NetworkSpecs, networkSpecs, type TrainingState } from './state.js';
import { noiseBatch, poolBatches } from './unedited.js';

/** Steps in which only R and D learn: S moves once R tells directions apart. */
export const WARM_UP_STEPS = 40;
/** Adam's step for R and D; that of S is the configuration's. */
const NETWORK_LEARNING_RATE = 1e-3;
/** Of the moving average of θ_R, a training step (measured: docs/method.md). */
const JUDGE_DECAY = 0.98;

/** Watches one training step: predicted x0 of both trajectories. */
export interface Watch {
  readonly original: OnStep;
  readonly shifted: OnStep;
}

export function shiftConfigOf(config: DiscoveryConfig, { timeEmbeddingWidth }: DiffusionModel): ShiftConfig {
  return {
    kind: config.shift,
    directions: config.directions,
    fullSpatial: config.fullSpatial,
    orthonormal: config.orthonormal,
    seed: config.seed,
    timeEmbeddingWidth,
  };
}

/** What the sessions of a training are made for. */
export interface TrainingShapes {
  readonly specs: NetworkSpecs;
  readonly samplers: SamplerConfig;
  readonly objective: ObjectiveShape;
  /** R alone, several remembered batches at a time. */
  readonly replay: ObjectiveShape;
}

export function trainingShapes(model: DiffusionModel, config: DiscoveryConfig): TrainingShapes {
  const specs = networkSpecs(model, config);
  const { batchSize: batch, samplingSteps, reverseProcess: process, directions, adversarialWeight } = config;
  const common = { sampleShape: seenShape(model), directions, reconstructor: specs.reconstructor };
  return {
    specs,
    samplers: {
      batch,
      samplingSteps,
      process,
      kind: config.shift,
      directions,
      isTrained: config.method === 'LEARNED',
      gradientSteps: config.gradientSteps ?? null,
    },
    objective: { ...common, batch, discriminator: specs.discriminator, adversarialWeight, pullsBack: true },
    replay: { ...common, batch: batch * REPLAY_BATCHES, discriminator: null, adversarialWeight: 0, pullsBack: false },
  };
}

/** The sessions of one training; what {@link Trainer.step} gives depends on the state alone. */
export class Trainer {
  private readonly uneditedImages = new Map<number, FloatTensor>();
  /** R, its average and D as this trainer made them: theirs is the memory that the next step writes into. */
  private readonly own = new WeakSet<Learner | Parameters>();

  private constructor(
    private readonly model: DiffusionModel,
    private readonly config: DiscoveryConfig,
    readonly shift: ShiftControl,
    private readonly specs: NetworkSpecs,
    readonly samplers: Samplers,
    readonly objective: Objective,
    private readonly replay: Objective,
    private readonly sharesMemory: boolean,
    /** What samples look like. */
    readonly images: SampleImages,
  ) {}

  static async create(
    model: DiffusionModel,
    config: DiscoveryConfig,
    statistics: HStatistics,
    device: Device,
  ): Promise<Trainer> {
    const shift = shiftControl(shiftConfigOf(config, model), statistics);
    const shapes = trainingShapes(model, config);
    const samplers = await Samplers.create(model, shapes.samplers, shift, device);
    const objective = await Objective.create(shapes.objective, device);
    const replay = await Objective.create(shapes.replay, device);
    const images = new SampleImages(model, device);
    return new Trainer(model, config, shift, shapes.specs, samplers, objective, replay, device.sharesMemory, images);
  }

  /** The state before the first step; `start` in place of the shift control's own φ, for shifts that were measured. */
  initial(start = this.shift.initial()): TrainingState {
    const state = initialState(this.specs, start, this.config.seed, this.sharesMemory ? sharedCopy : undefined);
    for (const learner of [state.reconstructor, state.discriminator]) if (learner) this.own.add(learner);
    return state;
  }

  /**
   * One training step: objective, checkpointed gradient, optimisers, replay. A state that this trainer gave is used up by it, one from
   * elsewhere left as it is: new memory for R, D and their moments in every step, 9 MiB at 32×32, would wait for the collector.
   */
  async step(
    state: TrainingState,
    between: Between,
    watch: Watch | null,
  ): Promise<{ state: TrainingState; result: ObjectiveResult; pairs: Pairs }> {
    const step = state.step + 1;
    const batch = noiseBatch(step, poolBatches(this.config, seenShape(this.model)));
    const noise = drawNoise(this.config, batch, this.model.sampleShape);
    const choice = drawChoice(this.config, step);
    const phi = state.shift.parameters['phi'] as FloatTensor;
    const x = await this.unedited(batch, noise, between, watch);
    const trajectory = await this.samplers.shifted(noise, phi, choice, between, watch?.shifted);
    const sample = trajectory.samples.at(-1) as FloatTensor;
    const pairs: Pairs = { x, shifted: await this.images.seen(sample, between), ...choice };
    await between();
    const result = await this.objective.run(pairs, this.networkFeeds(state));
    const learns = this.config.method === 'LEARNED' && step > WARM_UP_STEPS && result.shifted !== null;
    const recent = remember(state.recent, pairs);
    const discriminator = state.discriminator && this.learned(state.discriminator, result.discriminator);
    const rehearsed = this.learned(state.reconstructor, result.reconstructor);
    const pullBack = async () => {
      const cotangent = await this.images.pull(sample, result.shifted as FloatTensor, between);
      return this.samplers.gradient(trajectory, cotangent, phi, choice, between);
    };
    // Neither needs the other: the one's sessions run while the other's host work is done.
    const [gradient, reconstructor] = await together(
      learns ? pullBack() : Promise.resolve(null),
      this.rehearse(rehearsed, recent, step, between),
    );
    const spectral = discriminator ? powerIteration(discriminator.parameters, state.spectral) : state.spectral;
    const judge = this.averaged(state.judge, reconstructor.parameters, step);
    return {
      state: { step, shift: this.moved(state.shift, gradient), reconstructor, judge, discriminator, spectral, recent },
      result,
      pairs,
    };
  }

  /** Sampled once for each batch of noise; again where somebody watches, and after a resumption: the same bytes. */
  private async unedited(
    batch: number,
    noise: FloatTensor,
    between: Between,
    watch: Watch | null,
  ): Promise<FloatTensor> {
    const known = watch ? undefined : this.uneditedImages.get(batch);
    const sample = async () =>
      (await this.samplers.plain(noise, between, watch?.original)).samples.at(-1) as FloatTensor;
    const x = known ?? (await this.images.seen(await sample(), between));
    this.uneditedImages.set(batch, x);
    return x;
  }

  /** θ_R, θ_D and its singular vectors, as the objective is fed. */
  networkFeeds(state: TrainingState): Parameters {
    return { ...state.reconstructor.parameters, ...state.discriminator?.parameters, ...state.spectral };
  }

  /** The same with the average of θ_R, by which directions are judged. */
  judgeFeeds(state: TrainingState): Parameters {
    return { ...this.networkFeeds(state), ...state.judge };
  }

  async release(): Promise<void> {
    await this.samplers.release();
    await this.objective.release();
    await this.replay.release();
    await this.images.release();
  }

  private moved(shift: Learner, gradient: FloatTensor | null): Learner {
    if (!gradient) return shift;
    const next = update(shift, { phi: gradient }, this.config.learningRate);
    return { ...next, parameters: { phi: this.shift.retract(next.parameters['phi'] as FloatTensor) } };
  }

  /** R or D after an update. */
  private learned(learner: Learner, gradients: Parameters): Learner {
    const own = this.own.has(learner) ? learner : copied(learner, this.sharesMemory);
    const next = update(own, gradients, NETWORK_LEARNING_RATE, true);
    this.own.add(next);
    return next;
  }

  private averaged(judge: Parameters, reconstructor: Parameters, step: number): Parameters {
    const next = movingAverage(judge, reconstructor, decayAt(step, JUDGE_DECAY), this.own.has(judge));
    this.own.add(next);
    return next;
  }

  private async rehearse(
    reconstructor: Learner,
    recent: readonly Pairs[],
    step: number,
    between: Between,
  ): Promise<Learner> {
    let learner = reconstructor;
    for (let turn = 0; turn < REPLAY_UPDATES; turn += 1) {
      await between();
      const { reconstructor: gradients } = await this.replay.run(
        recall(recent, this.config.seed, step, turn),
        learner.parameters,
      );
      learner = this.learned(learner, gradients);
    }
    return learner;
  }
}

/** Both results, once both have ended; the first failure if there is one. */
async function together<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}

/** With its weights where all lanes read them, if they can. */
function copied({ parameters, adam: { step, m, v } }: Learner, sharesMemory: boolean): Learner {
  const weights = mapped(parameters, sharesMemory ? sharedCopy : copyOf);
  return { parameters: weights, adam: { step, m: mapped(m, copyOf), v: mapped(v, copyOf) } };
}

function update({ parameters, adam }: Learner, gradients: Parameters, learningRate: number, inPlace = false): Learner {
  const next = adamStep(parameters, gradients, adam, learningRate, { inPlace });
  return { parameters: next.parameters, adam: next.state };
}
