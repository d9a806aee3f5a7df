import type { DiscoveryConfig, DiscoveryEstimate } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { Device } from '../runtime/device.js';
import { PRINCIPAL_SAMPLES } from '../shift/principal.js';
import {
  COMPONENT_COUNT,
  type HStatistics,
  STATISTICS_SAMPLES,
  STATISTICS_STEPS,
  statisticsPlan,
} from '../shift/statistics.js';
import { drawChoice, drawNoise } from './draw.js';
import { REPLAY_CAPACITY } from './replay.js';
import { scoringPlan } from './scoring-plan.js';
import { Trainer, WARM_UP_STEPS } from './trainer.js';

/** Sampling steps of the probe; the time of more is proportional. */
const PROBE_STEPS = 3;
const REPEATS = 3;
/** Share of the memory now available that a run may take. */
const USABLE = 0.9;

/** Seconds of the parts of one training step, at the probe's number of sampling steps. */
export interface StepTimes {
  readonly plain: number;
  readonly shifted: number;
  readonly gradient: number;
  /** Everything behind the finished images. */
  readonly rest: number;
}

/**
 * Time and memory of a discovery, from a few training steps with few sampling steps at the real batch: what follows the
 * images costs the same at any T, and sampling and its gradient are proportional to T.
 */
export async function estimateDiscovery(
  model: DiffusionModel,
  config: DiscoveryConfig,
  device: Device,
  between: Between,
): Promise<DiscoveryEstimate> {
  const before = process.memoryUsage.rss();
  const steps = Math.min(PROBE_STEPS, config.samplingSteps);
  const probe = { ...config, samplingSteps: steps };
  const trainer = await Trainer.create(model, probe, blankStatistics(model), device);
  try {
    const times = await measure(trainer, probe, model, between);
    const peakMemoryBytes = Math.max(
      process.resourceUsage().maxRSS * 1024,
      process.memoryUsage.rss() + kept(model, config),
    );
    const fits = peakMemoryBytes - before <= USABLE * process.availableMemory();
    return { ...durations(times, config, steps), peakMemoryBytes, fits, advice: fits ? null : adviceFor(config) };
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
  const runs: StepTimes[] = [];
  for (let turn = 0; turn <= REPEATS; turn += 1) {
    const whole = await seconds(async () => {
      state = (await trainer.step(state, between, null)).state;
    });
    const plain = await seconds(() => trainer.samplers.plain(noise, between));
    const trajectory = await trainer.samplers.shifted(noise, phi, choice, between);
    const shifted = await seconds(() => trainer.samplers.shifted(noise, phi, choice, between));
    const gradient =
      config.method === 'LEARNED'
        ? await seconds(() => trainer.samplers.gradient(trajectory, cotangent, phi, choice, between))
        : 0;
    // The first turn warms up.
    if (turn > 0) runs.push({ plain, shifted, gradient, rest: Math.max(0, whole - plain - shifted - gradient) });
  }
  const middle = (part: keyof StepTimes) => median(runs.map((times) => times[part]));
  return { plain: middle('plain'), shifted: middle('shifted'), gradient: middle('gradient'), rest: middle('rest') };
}

/** Seconds of a whole run from the parts of one step, measured with `probed` sampling steps. */
export function durations(
  times: StepTimes,
  config: DiscoveryConfig,
  probed: number,
): Pick<DiscoveryEstimate, 'secondsPerStep' | 'totalSeconds'> {
  const { trainingSteps, samplingSteps, batchSize, method } = config;
  const scale = samplingSteps / probed;
  const pair = (times.plain + times.shifted) * scale;
  const learning = method === 'LEARNED' ? Math.max(0, trainingSteps - WARM_UP_STEPS) : 0;
  const training = trainingSteps * (pair + times.rest) + learning * times.gradient * scale;
  const { pairs, trajectories } = scoringPlan(config);
  const compared = trajectories - 2 * pairs;
  // The features of an image end at h: less than half of a sampling step.
  const features = ((compared === 0 ? 0 : compared + pairs) * times.plain) / probed / 2;
  const scoring = (pairs * pair + compared * times.shifted * scale + features) / batchSize;
  const measured = STATISTICS_SAMPLES + (method === 'PCA' ? PRINCIPAL_SAMPLES : 0);
  const statistics = (measured / batchSize) * STATISTICS_STEPS * (times.plain / probed);
  return { secondsPerStep: training / trainingSteps, totalSeconds: training + scoring + statistics };
}

/** What a run holds beyond the probe: remembered pairs, their copy in a checkpoint, and the samples of longer trajectories. */
function kept({ sampleShape }: DiffusionModel, { batchSize, samplingSteps, trainingSteps }: DiscoveryConfig): number {
  const batchBytes = 4 * batchSize * sizeOf(sampleShape);
  const pairs = 2 * Math.min(REPLAY_CAPACITY, trainingSteps) * batchBytes;
  return 2 * pairs + 2 * samplingSteps * batchBytes;
}

function adviceFor({ batchSize, directions }: DiscoveryConfig): string {
  if (batchSize > 1) return `Use a smaller batchSize, such as ${Math.max(1, Math.floor(batchSize / 2))}.`;
  return directions > 1 ? 'Use fewer directions, or a machine with more memory.' : 'Use a machine with more memory.';
}

/** In the shape of the model's statistics, which a probe need not wait for. */
function blankStatistics(model: DiffusionModel): HStatistics {
  const timesteps = statisticsPlan(model).map(({ timestep }) => timestep);
  return {
    modelHash: model.hash,
    timesteps,
    hShape: model.hShape,
    components: floatTensor([timesteps.length, COMPONENT_COUNT, sizeOf(model.hShape)]),
    rho: floatTensor([timesteps.length], new Float32Array(timesteps.length).fill(1)),
  };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
