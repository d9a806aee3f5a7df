import type { ImportReport } from '../contract.js';
import type { NoiseSchedule } from '../diffusion/schedule.js';
import type { LoadedModel } from '../models/loaded-model.js';

const PREDICTIONS = {
  epsilon: 'the noise ε',
  v_prediction: 'the velocity v = √ᾱ·ε − √(1−ᾱ)·x0',
  sample: 'the clean image x0',
};
const SPACINGS = {
  leading: 'from timestep 0 upwards in equal strides',
  trailing: 'from the last timestep downwards in equal strides',
  linspace: 'evenly from the first to the last timestep',
};

/** The part of the doctor's report that an import gives: what was understood, before anything slow is measured. */
export function importReport(model: LoadedModel, secondsPerForward: number): ImportReport {
  const { format, files, config, weights, taps, warnings } = model.origin;
  const parameters = model.parameterCount;
  return {
    format,
    files,
    config,
    weights: { matched: weights.matched, ignored: weights.ignored, parameters, bytes: 4 * parameters },
    taps,
    schedule: scheduleReport(model.schedule),
    secondsPerForward,
    warnings: [...warnings, ...ignoredWarning(weights.ignored)],
  };
}

function scheduleReport(schedule: NoiseSchedule): ImportReport['schedule'] {
  const { trainTimesteps, betaSchedule, predictionType, timestepSpacing, alphasCumprod } = schedule;
  const [firstAlphaBar, lastAlphaBar] = [alphasCumprod[0] ?? 1, alphasCumprod.at(-1) ?? 0];
  const noise = lastAlphaBar === 0 ? 'pure noise (zero terminal SNR)' : `ᾱ = ${lastAlphaBar.toPrecision(3)}`;
  const meaning = [
    `${trainTimesteps} timesteps, ${betaSchedule}, from ᾱ = ${firstAlphaBar.toPrecision(4)} to ${noise}.`,
    `The model predicts ${PREDICTIONS[predictionType]}.`,
    `Sampling steps lie ${SPACINGS[timestepSpacing]}.`,
  ].join(' ');
  return { trainTimesteps, betaSchedule, predictionType, timestepSpacing, firstAlphaBar, lastAlphaBar, meaning };
}

function ignoredWarning(ignored: readonly string[]): string[] {
  if (ignored.length === 0) return [];
  return [`${ignored.length} tensors of the files are not part of the UNet and were left out.`];
}
