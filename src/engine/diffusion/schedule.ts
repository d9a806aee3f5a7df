import { EngineError } from '../errors.js';

export type PredictionType = 'epsilon' | 'v_prediction' | 'sample';
export type BetaSchedule = 'linear' | 'scaled_linear' | 'squaredcos_cap_v2' | 'sigmoid' | 'trained_betas';
export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';

/** A diffusers scheduler configuration, validated. */
export interface ScheduleConfig {
  readonly trainTimesteps: number;
  readonly betaSchedule: BetaSchedule;
  readonly betaStart: number;
  readonly betaEnd: number;
  readonly trainedBetas: readonly number[] | null;
  readonly predictionType: PredictionType;
  readonly timestepSpacing: TimestepSpacing;
  readonly stepsOffset: number;
  /** The ᾱ after the last step: 1, or that of timestep 0. */
  readonly setAlphaToOne: boolean;
  readonly rescaleBetasZeroSnr: boolean;
}

/** ᾱ of every training timestep, and how sampling steps are placed on them. */
export interface NoiseSchedule extends ScheduleConfig {
  /** Cumulative product of 1−β, `[trainTimesteps]`, accumulated in float32 as the models were trained with. */
  readonly alphasCumprod: Float64Array;
}

/** Sampling step i = 0 (noisiest) … T−1. */
export interface SamplingStep {
  readonly timestep: number;
  readonly alphaBar: number;
  /** ᾱ at the step's target: that of the next timestep, after the last one the schedule's final ᾱ. */
  readonly alphaBarPrev: number;
}

const round = Math.fround;

function linspace(start: number, end: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) =>
    count === 1 ? start : start + ((end - start) * i) / (count - 1),
  );
}

function betasOf(config: ScheduleConfig): Float64Array {
  const { betaStart, betaEnd, trainTimesteps: n } = config;
  if (config.trainedBetas) return Float64Array.from(config.trainedBetas);
  if (config.betaSchedule === 'linear') return linspace(betaStart, betaEnd, n).map(round);
  if (config.betaSchedule === 'scaled_linear') {
    return linspace(Math.sqrt(betaStart), Math.sqrt(betaEnd), n).map((root) => round(round(root) * round(root)));
  }
  if (config.betaSchedule === 'sigmoid') {
    const slope = round(betaEnd - betaStart);
    return linspace(-6, 6, n).map((x) => round(round(slope / (1 + Math.exp(-round(x)))) + round(betaStart)));
  }
  // Nichol & Dhariwal (arXiv 2102.09672), eq. 17, betas capped at 0.999.
  const bar = (t: number) => Math.cos((((t / n + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  return Float64Array.from({ length: n }, (_, i) => Math.min(1 - bar(i + 1) / bar(i), 0.999));
}

/** Shifts and scales √ᾱ so that the last one is 0 (Lin et al., arXiv 2305.08891, algorithm 1). */
function rescaleZeroSnr(alphasCumprod: Float64Array): Float64Array {
  const roots = alphasCumprod.map(Math.sqrt);
  const [first, last] = [roots[0] ?? 1, roots.at(-1) ?? 0];
  return roots.map((root) => (((root - last) * first) / (first - last)) ** 2);
}

/** The schedule of a configuration. */
export function noiseSchedule(config: ScheduleConfig): NoiseSchedule {
  let product = 1;
  const alphasCumprod = betasOf(config).map((beta) => {
    product = round(product * round(1 - round(beta)));
    return product;
  });
  return { ...config, alphasCumprod: config.rescaleBetasZeroSnr ? rescaleZeroSnr(alphasCumprod) : alphasCumprod };
}

function timestepsOf(schedule: NoiseSchedule, count: number): number[] {
  const { trainTimesteps: n, stepsOffset } = schedule;
  const steps = Array.from({ length: count }, (_, i) => i);
  if (schedule.timestepSpacing === 'linspace') {
    return steps.map((i) => roundHalfEven(count === 1 ? n - 1 : ((n - 1) * (count - 1 - i)) / (count - 1)));
  }
  if (schedule.timestepSpacing === 'trailing') return steps.map((i) => roundHalfEven(n - (i * n) / count) - 1);
  return steps.map((i) => (count - 1 - i) * Math.floor(n / count) + stepsOffset);
}

/** As numpy rounds, which placed the timesteps of published models. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** T sampling steps, noisiest first. Throws BAD_USER_INPUT if T does not fit, MODEL_INVALID for ε-prediction at ᾱ = 0. */
export function samplingPlan(schedule: NoiseSchedule, samplingSteps: number): readonly SamplingStep[] {
  if (!Number.isInteger(samplingSteps) || samplingSteps < 1 || samplingSteps > schedule.trainTimesteps) {
    const range = `1…${schedule.trainTimesteps}`;
    throw new EngineError(
      'BAD_USER_INPUT',
      `samplingSteps: expected a whole number in ${range}, got ${samplingSteps}.`,
    );
  }
  return planAt(schedule, timestepsOf(schedule, samplingSteps));
}

/** Sampling steps at given training timesteps, noisiest first. */
export function planAt(schedule: NoiseSchedule, timesteps: readonly number[]): readonly SamplingStep[] {
  const final = schedule.setAlphaToOne ? 1 : (schedule.alphasCumprod[0] ?? 1);
  const bar = (timestep: number | undefined) => (timestep === undefined ? final : alphaBarAt(schedule, timestep));
  return timesteps.map((timestep, i) => ({ timestep, alphaBar: bar(timestep), alphaBarPrev: bar(timesteps[i + 1]) }));
}

function alphaBarAt(schedule: NoiseSchedule, timestep: number): number {
  const alphaBar = schedule.alphasCumprod[Math.min(timestep, schedule.trainTimesteps - 1)];
  if (alphaBar === undefined) throw new EngineError('BAD_USER_INPUT', `timestep ${timestep} is outside the schedule.`);
  if (alphaBar === 0 && schedule.predictionType === 'epsilon') {
    throw new EngineError(
      'MODEL_INVALID',
      `Timestep ${timestep} has ᾱ = 0, where a model that predicts ε says nothing of x0.`,
    );
  }
  return alphaBar;
}
