import type { DiffusionModel } from '../diffusion/model.js';
import { type SamplingStep, samplingPlan } from '../diffusion/schedule.js';

/** How many steps an edit takes, and how much noise they add. */
export interface Sampling {
  readonly samplingSteps: number;
  /** 0 (DDIM) … 1 (DDPM), at every step that is not boosted. */
  readonly eta: number;
  /** Share of the steps, the last ones, that are taken with η = 1 (quality boosting: Asyrp, arXiv 2210.10960, sec. 3.4). */
  readonly qualityBoost: number;
}

export interface NoisyStep {
  readonly step: SamplingStep;
  readonly stepIndex: number;
  readonly eta: number;
}

/** The steps of an edit, noisiest first. */
export function noisySteps({ schedule }: DiffusionModel, { samplingSteps, eta, qualityBoost }: Sampling): NoisyStep[] {
  const boosted = Math.round(samplingSteps * qualityBoost);
  return samplingPlan(schedule, samplingSteps).map((step, stepIndex) => ({
    step,
    stepIndex,
    eta: stepIndex >= samplingSteps - boosted ? 1 : eta,
  }));
}

/** Whether any step adds noise. */
export function isStochastic({ samplingSteps, eta, qualityBoost }: Sampling): boolean {
  return eta > 0 || Math.round(samplingSteps * qualityBoost) > 0;
}
