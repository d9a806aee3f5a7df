import type { DiscoveryConfig, DiscoveryEvent, YieldTo } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import type { SampleImages } from '../diffusion/sample-images.js';
import type { SamplingStep } from '../diffusion/schedule.js';
import type { Between } from '../diffusion/trajectory.js';
import { EngineError, throwIfAborted } from '../errors.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { encodePicture } from '../picture.js';
import type { Device } from '../runtime/device.js';
import { encodeDirections } from '../shift/bank.js';
import {
  decodeStatistics,
  encodeStatistics,
  type HStatistics,
  measureStatistics,
  withIndependent,
} from '../shift/statistics.js';
import { EventQueue } from './event-queue.js';
import { assertFits } from './memory.js';
import { nearestDirections, type ObjectiveResult, type Pairs } from './objective.js';
import { type JudgedPairs, Scorecard } from './scorecard.js';
import { scoreDirections } from './scoring.js';
import { startingShifts } from './start.js';
import { decodeState, encodeState, type TrainingState } from './state.js';
import { shiftConfigOf, Trainer } from './trainer.js';

export interface DiscoveryOptions {
  /** A checkpoint's state to resume from. */
  readonly state: Uint8Array | null;
  /** Statistics of h measured before for the same model. */
  readonly statistics: Uint8Array | null;
  readonly signal: AbortSignal;
  /** Once aborted: end after the step under way, with a checkpoint. */
  readonly pause?: AbortSignal;
  readonly yieldTo: YieldTo;
}

type Emit = (event: DiscoveryEvent) => Promise<void>;

/**
 * Trains K directions. Yields what happens as it happens; the consumer's pace is the training's. Aborting throws
 * CANCELLED between two session runs. A run resumed from a checkpoint's state gives the losses that an uninterrupted
 * one gives, bit for bit on the same device.
 */
export async function* discover(
  model: DiffusionModel,
  config: DiscoveryConfig,
  options: DiscoveryOptions,
  device: Device,
): AsyncGenerator<DiscoveryEvent, void, void> {
  const queue = new EventQueue<DiscoveryEvent>();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const between: Between = async () => {
    throwIfAborted(signal);
    await options.yieldTo();
  };
  queue.fill((emit) => train({ model, config, options, device, between, emit }));
  try {
    yield* queue.drain();
  } finally {
    stop.abort();
    await queue.settled();
  }
}

/** What a run is made of. */
interface Run {
  readonly model: DiffusionModel;
  readonly config: DiscoveryConfig;
  readonly options: DiscoveryOptions;
  readonly device: Device;
  readonly between: Between;
  readonly emit: Emit;
}

async function train(run: Run): Promise<void> {
  const { model, config, options, device, between, emit } = run;
  const known = knownStatistics(model, options.statistics);
  assertFits(model, config, known !== null, device);
  const statistics = await completeStatistics(run, known);
  const trainer = await Trainer.create(model, config, statistics, device);
  try {
    let state = options.state
      ? decodeState(options.state, config)
      : trainer.initial(await startingShifts({ model, config, statistics, device }, between));
    let clock = new StepClock();
    let scorecard = freshScorecard(config);
    while (state.step < config.trainingSteps) {
      const step = state.step + 1;
      const preview =
        config.previewEvery > 0 && (step % config.previewEvery === 0 || step === 1) ? new PreviewRecorder() : null;
      const made = await trainer.step(state, between, preview);
      state = made.state;
      if (!Number.isFinite(made.result.loss))
        throw new EngineError(
          'INTERNAL_SERVER_ERROR',
          `training diverged at step ${step}: the loss is ${made.result.loss}. Use a smaller learningRate.`,
        );
      clock = clock.tick();
      await emit(stepEvent(step, made.result, clock.secondsPerStep));
      if (preview) await preview.emit(trainer.images, between, config, step, state, emit);
      scorecard.add(judged(made));
      const isPaused = options.pause?.aborted ?? false;
      const isLast = step === config.trainingSteps;
      if (step % config.checkpointEvery === 0 || isLast || isPaused) {
        if (!isLast) await emit({ type: 'scorecard', step, isFinal: false, scores: scorecard.brief() });
        scorecard = freshScorecard(config);
        await emit(checkpointEvent(trainer, state, config, model));
      }
      if (isPaused && !isLast) return;
    }
    const onScored = async (done: number, total: number) => {
      await emit({ type: 'phase', phase: 'scoring', done, total });
      return !options.pause?.aborted;
    };
    // Makes room for what the scoring needs beyond it.
    await trainer.samplers.releaseGradients();
    const scores = await scoreDirections({ model, config, device, trainer, state, between, onScored });
    if (scores) await emit({ type: 'scorecard', step: state.step, isFinal: true, scores });
  } finally {
    await trainer.release();
  }
}

/** Statistics measured before, if they are of this model. */
function knownStatistics({ hash }: DiffusionModel, bytes: Uint8Array | null): HStatistics | null {
  const statistics = bytes && decodeStatistics(bytes);
  return statistics?.modelHash === hash ? statistics : null;
}

/** Measures what is not known of the statistics and is needed. */
async function completeStatistics(
  { model, config, options, device, between, emit }: Run,
  known: HStatistics | null,
): Promise<HStatistics> {
  const progress = (done: number, total: number) => emit({ type: 'phase', phase: 'statistics', done, total });
  const announced = async (statistics: HStatistics) => {
    await emit({ type: 'statistics', bytes: encodeStatistics(statistics) });
    return statistics;
  };
  const measured = known ?? (await announced(await measureStatistics(model, device, between, progress)));
  const isComplete = measured.independent || options.state || config.start !== 'INDEPENDENT';
  return isComplete ? measured : announced(await withIndependent(measured, model, device, between, progress));
}

function stepEvent(step: number, result: ObjectiveResult, secondsPerStep: number): DiscoveryEvent {
  const { loss, classificationLoss, strengthLoss, adversarialLoss, discriminatorLoss, accuracy } = result;
  const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
  return {
    type: 'step',
    step,
    loss,
    classificationLoss,
    strengthLoss,
    adversarialLoss,
    discriminatorLoss,
    accuracy,
    secondsPerStep,
    peakMemoryBytes,
  };
}

function checkpointEvent(
  trainer: Trainer,
  state: TrainingState,
  config: DiscoveryConfig,
  model: DiffusionModel,
): DiscoveryEvent {
  const rows = trainer.shift.rows(state.shift.parameters['phi'] as FloatTensor);
  const parameters = encodeDirections(shiftConfigOf(config, model), config.reverseProcess, config.samplingSteps, rows);
  return { type: 'checkpoint', step: state.step, state: encodeState(state, config), parameters };
}

/**
 * Training pairs are fresh when R first sees them, so those since the last checkpoint score the directions at no cost. It
 * starts anew at each checkpoint, which is where a resumed run starts too.
 */
function freshScorecard({ directions, maxStrength }: DiscoveryConfig): Scorecard {
  return new Scorecard(directions, maxStrength, false);
}

function judged({ result, pairs }: { result: ObjectiveResult; pairs: Pairs }): JudgedPairs {
  const { x, shifted, ...choice } = pairs;
  return { choice, x, shifted, named: nearestDirections(result.logits), strength: result.strength };
}

/** Seconds a step, smoothed over about ten steps. */
class StepClock {
  constructor(
    private readonly last = performance.now(),
    readonly secondsPerStep = 0,
  ) {}

  tick(): StepClock {
    const now = performance.now();
    const seconds = (now - this.last) / 1000;
    return new StepClock(now, this.secondsPerStep === 0 ? seconds : 0.9 * this.secondsPerStep + 0.1 * seconds);
  }
}

/** Keeps predicted x0 of sample 0 at every sampling step, and encodes them once the step is over. */
class PreviewRecorder {
  private readonly originals: FloatTensor[] = [];
  private readonly steps: { step: SamplingStep; shifted: FloatTensor }[] = [];

  original = async (_: number, __: SamplingStep, predictedX0: FloatTensor) => {
    this.originals.push(firstSample(predictedX0));
  };

  shifted = async (_: number, step: SamplingStep, predictedX0: FloatTensor) => {
    this.steps.push({ step, shifted: firstSample(predictedX0) });
  };

  async emit(
    images: SampleImages,
    between: Between,
    config: DiscoveryConfig,
    step: number,
    state: TrainingState,
    emit: Emit,
  ): Promise<void> {
    const pairs = state.recent.at(-1);
    const [directionIndex, strength] = [pairs?.directions[0] ?? 0, pairs?.strengths[0] ?? 0];
    for (const [stepIndex, recorded] of this.steps.entries()) {
      const picture = async (sample: FloatTensor) =>
        encodePicture((await images.of(sample, between)).data, images.shape);
      const original = await picture(this.originals[stepIndex] as FloatTensor);
      const shifted = await picture(recorded.shifted);
      const { timestep } = recorded.step;
      await emit({
        type: 'preview',
        step,
        directionIndex,
        strength,
        stepIndex,
        timestep,
        samplingSteps: config.samplingSteps,
        original,
        shifted,
      });
    }
  }
}

function firstSample({ shape: [count = 1, ...rest], data }: FloatTensor): FloatTensor {
  return floatTensor([1, ...rest], data.slice(0, data.length / count));
}
