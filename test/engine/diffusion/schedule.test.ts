import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type NoiseSchedule, noiseSchedule, planAt, samplingPlan } from '../../../src/engine/diffusion/schedule.js';
import { stepCoefficients } from '../../../src/engine/diffusion/step.js';
import { parseScheduleConfig } from '../../../src/engine/models/diffusers-config.js';
import { readScheduleConfig } from '../../../src/engine/models/schedule-config.js';
import { fixture } from '../../helpers/models.js';

interface Case {
  readonly config: Record<string, unknown>;
  readonly timesteps: Record<string, number[]>;
  readonly at: readonly number[];
  readonly alphas_cumprod: readonly number[];
  readonly final_alpha_cumprod: number;
}

/** From diffusers' DDIMScheduler; scripts/golden/make.py. */
const cases = JSON.parse(readFileSync(fixture('schedules.json'), 'utf8')) as Case[];
const scheduleOf = (config: object) => noiseSchedule(parseScheduleConfig('test', JSON.stringify(config)));
const name = ({ config }: Case) =>
  `${config['beta_schedule']} ${config['timestep_spacing']} offset ${config['steps_offset']} ${config['num_train_timesteps']} ${config['prediction_type']}`;

/** The same, from the files of other samplers. */
const samplers = JSON.parse(readFileSync(fixture('samplers.json'), 'utf8')) as (Omit<Case, 'config'> & {
  readonly file: string;
  readonly prediction_type: string;
})[];
/** Two of a kind are told apart by what they say. */
const samplerName = ({ file }: { readonly file: string }) =>
  `${/\w+Scheduler/.exec(file)} ${/"beta_schedule": "(\w+)"/.exec(file)?.[1]} ${/"trained_betas": \[/.test(file) ? 'trained' : ''}`;
/** Lines that a list of betas takes. */
const betaLines = (file: string) => (/"trained_betas": \[[^\]]*\]/.exec(file)?.[0].split('\n').length ?? 1) - 1;

function expectAlphas(schedule: NoiseSchedule, given: Omit<Case, 'config'>): void {
  given.at.forEach((timestep, index) => {
    const expected = given.alphas_cumprod[index] ?? Number.NaN;
    // Relative where it can be: zero-SNR schedules end at exactly 0. Products of 1000 float32 factors differ in rounding.
    expect(Math.abs((schedule.alphasCumprod[timestep] ?? 0) - expected)).toBeLessThanOrEqual(2e-5 * expected + 1e-9);
  });
  const last = samplingPlan({ ...schedule, predictionType: 'sample' }, 10).at(-1)?.alphaBarPrev ?? 0;
  expect(Math.abs(last - given.final_alpha_cumprod)).toBeLessThan(1e-6);
}

function expectTimesteps(schedule: NoiseSchedule, given: Omit<Case, 'config'>): void {
  for (const [steps, timesteps] of Object.entries(given.timesteps)) {
    // A single linspace step stands at 0 there, where nothing of the noise would be removed; ours is the noisiest one.
    if (steps === '1' && schedule.timestepSpacing === 'linspace') continue;
    // Rounding of numpy.arange appends a timestep −1 there when T does not divide the training timesteps.
    const real = timesteps.filter((timestep) => timestep >= 0);
    expect(samplingPlan(schedule, Number(steps)).map(({ timestep }) => timestep)).toEqual(real);
  }
}

describe.each(cases.map((given) => [name(given), given] as const))('schedule %s', (_, given) => {
  const schedule = scheduleOf(given.config);

  it('has the cumulative alphas of diffusers', () => expectAlphas(schedule, given));
  it('places its timesteps where diffusers does', () => expectTimesteps(schedule, given));
});

describe.each(samplers.map((given) => [samplerName(given), given] as const))('a file of %s', (_, given) => {
  const schedule = noiseSchedule(parseScheduleConfig('test', given.file));

  it('is read as DDIM reads it: alphas, steps and prediction', () => {
    expectAlphas(schedule, given);
    expectTimesteps(schedule, given);
    expect(schedule.predictionType).toBe(given.prediction_type);
  });

  it('is explained key by key', () => {
    const { findings } = readScheduleConfig('test', given.file);
    expect(findings.filter(({ meaning }) => meaning === '')).toEqual([]);
    expect(findings.length).toBeGreaterThanOrEqual(given.file.split('\n').length - 2 - betaLines(given.file));
  });
});

describe('a schedule that DDIM does not have', () => {
  it.each<[string, object, RegExp]>([
    ['of flow matching', { _class_name: 'FlowMatchEulerDiscreteScheduler', shift: 3 }, /FlowMatch.*flow matching/],
    ['of sigmas', { _class_name: 'EDMEulerScheduler', sigma_data: 0.5 }, /EDMEuler.*sigmas/],
    ['of a score SDE', { _class_name: 'ScoreSdeVeScheduler', snr: 0.15 }, /ScoreSdeVe/],
    ['whose class is a word of the language', { _class_name: 'constructor' }, /constructor/],
    ['of flow sigmas', { _class_name: 'DPMSolverMultistepScheduler', use_flow_sigmas: true }, /use_flow_sigmas/],
    ['that predicts a flow', { prediction_type: 'flow_prediction' }, /prediction_type.*flow_prediction/],
    ['of continuous time', { _class_name: 'EulerDiscreteScheduler', timestep_type: 'continuous' }, /timestep_type/],
    ['with a beta schedule that is not built', { beta_schedule: 'laplace' }, /beta_schedule.*laplace/],
    ['with a key nobody knows', { snr_shift_scale: 3 }, /unknown keys snr_shift_scale/],
    ['with betas for other timesteps', { trained_betas: [0.1, 0.2] }, /trained_betas/],
  ])('%s is refused', (_, config, message) => {
    expect(() => scheduleOf(config)).toThrow(message);
  });

  it('but one of 2022 that says whether the noise is predicted is read', () => {
    expect(scheduleOf({ predict_epsilon: true, tensor_format: 'pt' }).predictionType).toBe('epsilon');
    expect(scheduleOf({ predict_epsilon: false }).predictionType).toBe('sample');
  });
});

describe('sampling plan', () => {
  it.each([0, -1, 1.5, 1001, Number.NaN, 1e9])('refuses %s steps', (steps) => {
    expect(() => samplingPlan(scheduleOf({}), steps)).toThrow(/samplingSteps: expected a whole number in 1…1000/);
  });

  it('refuses ε-prediction where ᾱ is 0, which says nothing of x0', () => {
    const schedule = scheduleOf({ rescale_betas_zero_snr: true, timestep_spacing: 'trailing' });
    expect(() => planAt(schedule, [999, 499])).toThrow(/ᾱ = 0/);
  });
});

describe('the model output as a pair', () => {
  // o is made from known x0 and ε; each prediction type must give both back.
  const [alphaBar, x0, epsilon] = [0.37, 0.8, -1.3];
  const [signal, noise] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  const x = signal * x0 + noise * epsilon;
  it.each([
    ['epsilon', epsilon],
    ['v_prediction', signal * epsilon - noise * x0],
    ['sample', x0],
  ] as const)('recovers x0 and ε from %s', (type, output) => {
    const c = stepCoefficients({ timestep: 1, alphaBar, alphaBarPrev: 0.9 }, 0, type).data;
    expect((c[0] ?? 0) * x + (c[1] ?? 0) * output).toBeCloseTo(x0, 5);
    expect((c[2] ?? 0) * x + (c[3] ?? 0) * output).toBeCloseTo(epsilon, 5);
  });

  it('keeps the marginal variance at any η: c4²·ᾱ-signal aside, c5² + σ² = 1 − ᾱ′', () => {
    for (const eta of [0, 0.3, 1]) {
      const c = stepCoefficients({ timestep: 1, alphaBar: 0.3, alphaBarPrev: 0.7 }, eta, 'epsilon').data;
      expect((c[5] ?? 0) ** 2 + (c[6] ?? 0) ** 2).toBeCloseTo(0.3, 6);
      // σ of DDPM's own posterior at η = 1: √((1−ᾱ′)/(1−ᾱ)·(1−ᾱ/ᾱ′)).
      expect(c[6]).toBeCloseTo(eta * Math.sqrt((0.3 / 0.7) * (1 - 0.3 / 0.7)), 6);
    }
  });
});
