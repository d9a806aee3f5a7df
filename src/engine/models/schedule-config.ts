import type { ScheduleConfig } from '../diffusion/schedule.js';
import { EngineError } from '../errors.js';
import { shown } from '../shown.js';
import { SCHEDULE_MEANINGS } from './config-meanings.js';
import { ConfigReader } from './config-reader.js';
import type { ConfigFinding } from './loaded-model.js';

/** Of samplers that were made for latent models, and start from other betas where the file names none. */
const LATENT_BETAS = [0.00085, 0.012] as const;
const USUAL_BETAS = [1e-4, 0.02] as const;

/** diffusers' samplers of models that were trained with betas; each says the same of its model as DDIM's would. */
const SAMPLERS: Readonly<Record<string, readonly [number, number]>> = {
  DDIMScheduler: USUAL_BETAS,
  DDIMInverseScheduler: USUAL_BETAS,
  DDIMParallelScheduler: USUAL_BETAS,
  DDPMScheduler: USUAL_BETAS,
  DDPMParallelScheduler: USUAL_BETAS,
  DEISMultistepScheduler: USUAL_BETAS,
  DPMSolverMultistepScheduler: USUAL_BETAS,
  DPMSolverMultistepInverseScheduler: USUAL_BETAS,
  DPMSolverSDEScheduler: LATENT_BETAS,
  DPMSolverSinglestepScheduler: USUAL_BETAS,
  EulerAncestralDiscreteScheduler: USUAL_BETAS,
  EulerDiscreteScheduler: USUAL_BETAS,
  HeunDiscreteScheduler: LATENT_BETAS,
  KDPM2AncestralDiscreteScheduler: LATENT_BETAS,
  KDPM2DiscreteScheduler: LATENT_BETAS,
  LMSDiscreteScheduler: USUAL_BETAS,
  PNDMScheduler: USUAL_BETAS,
  RePaintScheduler: USUAL_BETAS,
  SASolverScheduler: USUAL_BETAS,
  UniPCMultistepScheduler: USUAL_BETAS,
};

const SCHEDULES = ['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid'] as const;

/**
 * Reads `scheduler_config.json` as DDIM understands it, whichever sampler wrote it: betas, prediction and placement of the
 * steps, with what each key was understood to mean. Throws MODEL_INVALID where DDIM cannot sample the model.
 */
export function readScheduleConfig(
  where: string,
  text: string,
): { config: ScheduleConfig; findings: ConfigFinding[]; learnedVariance: boolean } {
  const reader = ConfigReader.parse(where, text);
  const [betaStart, betaEnd] = readSampler(reader, where);
  const isTrained = reader.has('trained_betas');
  const trainTimesteps = reader.integer('num_train_timesteps', [1, 100_000], 1000);
  reader.only('timestep_type', 'discrete');
  reader.only('use_flow_sigmas', false);
  const predictsEpsilon = !reader.has('predict_epsilon') || reader.boolean('predict_epsilon', true);
  const variance = reader.has('variance_type') ? reader.text('variance_type', '') : '';
  const config: ScheduleConfig = {
    trainTimesteps,
    betaSchedule: isTrained ? 'trained_betas' : reader.choice('beta_schedule', SCHEDULES, 'linear'),
    betaStart: reader.number('beta_start', [0, 1], betaStart),
    betaEnd: reader.number('beta_end', [0, 1], betaEnd),
    trainedBetas: isTrained ? reader.numbers('trained_betas', [0, 1], [trainTimesteps, trainTimesteps]) : null,
    predictionType: reader.choice(
      'prediction_type',
      ['epsilon', 'v_prediction', 'sample'],
      predictsEpsilon ? 'epsilon' : 'sample',
    ),
    timestepSpacing: reader.choice('timestep_spacing', ['leading', 'trailing', 'linspace'], 'leading'),
    stepsOffset: reader.integer('steps_offset', [0, 1000], 0),
    setAlphaToOne: reader.boolean('set_alpha_to_one', true),
    rescaleBetasZeroSnr: reader.boolean('rescale_betas_zero_snr', false),
  };
  reader.finish([...Object.keys(SCHEDULE_MEANINGS), ...(isTrained ? ['beta_schedule'] : [])]);
  return {
    config,
    findings: reader.findings(SCHEDULE_MEANINGS),
    learnedVariance: variance === 'learned' || variance === 'learned_range',
  };
}

/** Betas at both ends where the file names none. */
function readSampler(reader: ConfigReader, where: string): readonly [number, number] {
  const name = reader.text('_class_name', 'DDIMScheduler');
  const betas = Object.hasOwn(SAMPLERS, name) ? SAMPLERS[name] : undefined;
  if (betas) return betas;
  throw new EngineError(
    'MODEL_INVALID',
    `${where}: _class_name: expected a sampler of models trained with betas (${Object.keys(SAMPLERS).join(', ')}), got ` +
      `${shown(name)}. DDIM cannot sample models of flow matching, of sigmas (EDM, score SDE), or of few-step distillation.`,
  );
}
