import type { DiscoveryConfig, DiscoveryEstimate, ReverseProcess } from '../contract.js';
import { type DiffusionModel, seenShape } from '../diffusion/model.js';
import { recordStep, stepInputs } from '../diffusion/step.js';
import type { Between } from '../diffusion/trajectory.js';
import { multiplyAdds } from '../graph/multiply-adds.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { EFFECT_STEPS, effectTrials } from '../shift/component-effects.js';
import { PRINCIPAL_SAMPLES } from '../shift/principal.js';
import { blankStatistics, COMPONENT_COUNT, STATISTICS_SAMPLES, STATISTICS_STEPS } from '../shift/statistics.js';
import { drawChoice, drawNoise } from './draw.js';
import { adviceFor, discoveryBytes, keptBytes, usableBytes } from './memory.js';
import { scoringPlan } from './scoring-plan.js';
import { Trainer, WARM_UP_STEPS } from './trainer.js';
import { poolBatches } from './unedited.js';

/** Sampling steps of the probe; the time of more is proportional. */
const PROBE_STEPS = 3;
const REPEATS = 3;

/** Seconds of the parts of one training step, at the probe's number of sampling steps. */
export interface StepTimes {
  /** Sampling with one decoder pass a step, as statistics are measured: computed from {@link shifted}. */
  readonly plain: number;
  /** Sampling as this training does, shifted or not. */
  readonly shifted: number;
  readonly gradient: number;
  /** Everything behind the finished samples. */
  readonly rest: number;
  /** Of that, making images of one batch of samples: 0 where they are images. */
  readonly seen?: number;
}

/**
 * Time and memory of a discovery, from a few training steps with few sampling steps at the real batch: what follows the
 * images costs the same at any T, and sampling and its gradient are proportional to T. What is too large by the shapes of
 * its graphs is not tried.
 */
export async function estimateDiscovery(
  model: DiffusionModel,
  config: DiscoveryConfig,
  device: Device,
  between: Between,
): Promise<DiscoveryEstimate> {
  const [before, usable] = [process.memoryUsage.rss(), usableBytes()];
  const needed = discoveryBytes(model, config, false, device);
  if (device.name === 'cpu' && needed > usable) {
    const advice = adviceFor(model, config, false, usable, device);
    return { secondsPerStep: null, totalSeconds: null, peakMemoryBytes: before + needed, fits: false, advice };
  }
  const steps = Math.min(PROBE_STEPS, config.samplingSteps);
  const probe = { ...config, samplingSteps: steps, gradientSteps: steps };
  const trainer = await Trainer.create(model, probe, blankStatistics(model), device);
  try {
    const times = await measure(trainer, probe, model, between);
    const peakMemoryBytes = Math.max(
      process.resourceUsage().maxRSS * 1024,
      process.memoryUsage.rss() + keptBytes(model, config),
    );
    const measured = peakMemoryBytes - before;
    const fits = measured <= usable;
    const advice = fits ? null : adviceFor(model, config, false, (usable * needed) / measured, device);
    return { ...durations(times, config, steps, model), peakMemoryBytes, fits, advice };
  } finally {
    await trainer.release();
  }
}

async function measure(
  trainer: Trainer,
  config: DiscoveryConfig,
  model: DiffusionModel,
  between: Between,
): Promise<StepTimes> {
  // Past the warm-up, so that a step has all of its parts.
  let state = { ...trainer.initial(), step: WARM_UP_STEPS };
  const phi = state.shift.parameters['phi'] as FloatTensor;
  const choice = drawChoice(config, 1);
  const noise = drawNoise(config, 1, model.sampleShape);
  const cotangent = floatTensor(noise.shape, new Float32Array(noise.data.length).fill(1e-3));
  const runs: Required<Omit<StepTimes, 'plain'>>[] = [];
  for (let turn = 0; turn <= REPEATS; turn += 1) {
    const whole = await seconds(async () => {
      state = (await trainer.step(state, between, null)).state;
    });
    const trajectory = await trainer.samplers.shifted(noise, phi, choice, between);
    const shifted = await seconds(() => trainer.samplers.shifted(noise, phi, choice, between));
    const gradient =
      config.method === 'LEARNED'
        ? await seconds(() => trainer.samplers.gradient(trajectory, cotangent, phi, choice, between))
        : 0;
    const seen = await seconds(() => trainer.images.seen(noise, between));
    // The first turn warms up.
    if (turn > 0) runs.push({ shifted, gradient, rest: Math.max(0, whole - 2 * shifted - gradient), seen });
  }
  const middle = (part: keyof (typeof runs)[number]) => median(runs.map((times) => times[part]));
  const [shifted, gradient] = [middle('shifted'), middle('gradient')];
  const plain = shifted * onePassShare(model, config.reverseProcess);
  return { plain, shifted, gradient, rest: middle('rest'), seen: middle('seen') };
}

/** What a step with one decoder pass is of one of this process, in multiply-adds. */
function onePassShare(model: DiffusionModel, process: ReverseProcess): number {
  const work = (kind: ReverseProcess) => {
    const tape = new Tape();
    const deltaH = tape.input('deltaH', [1, ...model.hShape]);
    return multiplyAdds(
      tape.graph({ xNext: recordStep(tape, model, stepInputs(tape, model, 1), kind, () => deltaH).xNext }),
    );
  };
  return process === 'SYMMETRIC' ? 1 : work('SYMMETRIC') / work(process);
}

/** Seconds of a whole run from the parts of one step, measured with `probed` sampling steps. */
export function durations(
  times: StepTimes,
  config: DiscoveryConfig,
  probed: number,
  model: Pick<DiffusionModel, 'sampleShape' | 'latents'>,
): Pick<DiscoveryEstimate, 'secondsPerStep' | 'totalSeconds'> {
  const { trainingSteps, samplingSteps, batchSize, method } = config;
  const scale = samplingSteps / probed;
  const gradient = (times.gradient * Math.min(config.gradientSteps ?? samplingSteps, samplingSteps)) / probed;
  const pair = 2 * (times.shifted * scale + (times.seen ?? 0));
  const learning = method === 'LEARNED' ? Math.max(0, trainingSteps - WARM_UP_STEPS) : 0;
  const unedited = Math.min(trainingSteps, poolBatches(config, seenShape(model))) * times.shifted * scale;
  const training = unedited + trainingSteps * (times.shifted * scale + times.rest) + learning * gradient;
  const { pairs, trajectories } = scoringPlan(config);
  const compared = trajectories - 2 * pairs;
  // The features of an image end at h: less than half of a sampling step.
  const features = ((compared === 0 ? 0 : compared + pairs) * times.plain) / probed / 2;
  const scoring = (pairs * pair + compared * times.shifted * scale + features) / batchSize;
  const measured = STATISTICS_STEPS * (STATISTICS_SAMPLES + (method === 'PCA' ? PRINCIPAL_SAMPLES : 0));
  const tried = config.start === 'INDEPENDENT' ? EFFECT_STEPS * effectTrials(COMPONENT_COUNT) : 0;
  const statistics = ((measured + tried) / batchSize) * (times.plain / probed);
  return { secondsPerStep: training / trainingSteps, totalSeconds: training + scoring + statistics };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
