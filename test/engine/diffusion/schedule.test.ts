import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noiseSchedule, planAt, samplingPlan } from '../../../src/engine/diffusion/schedule.js';
import { stepCoefficients } from '../../../src/engine/diffusion/step.js';
import { parseScheduleConfig } from '../../../src/engine/models/diffusers-config.js';
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

describe.each(cases.map((given) => [name(given), given] as const))('schedule %s', (_, given) => {
  const schedule = scheduleOf(given.config);

  it('has the cumulative alphas of diffusers', () => {
    given.at.forEach((timestep, index) => {
      const expected = given.alphas_cumprod[index] ?? Number.NaN;
      // Relative where it can be: zero-SNR schedules end at exactly 0. Products of 1000 float32 factors differ in rounding.
      expect(Math.abs((schedule.alphasCumprod[timestep] ?? 0) - expected)).toBeLessThanOrEqual(2e-5 * expected + 1e-9);
    });
    const last = samplingPlan(schedule, 10).at(-1)?.alphaBarPrev ?? 0;
    expect(Math.abs(last - given.final_alpha_cumprod)).toBeLessThan(1e-6);
  });

  it('places its timesteps where diffusers does', () => {
    for (const [steps, timesteps] of Object.entries(given.timesteps)) {
      // A single linspace step stands at 0 there, where nothing of the noise would be removed; ours is the noisiest one.
      if (steps === '1' && given.config['timestep_spacing'] === 'linspace') continue;
      // Rounding of numpy.arange appends a timestep −1 there when T does not divide the training timesteps.
      const real = timesteps.filter((timestep) => timestep >= 0);
      expect(samplingPlan(schedule, Number(steps)).map(({ timestep }) => timestep)).toEqual(real);
    }
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
