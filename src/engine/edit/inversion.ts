import type { Inversion } from '../contract.js';
import { type SamplingStep, samplingPlan } from '../diffusion/schedule.js';
import { stepCoefficients } from '../diffusion/step.js';
import type { Between } from '../diffusion/trajectory.js';
import { EngineError } from '../errors.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { decodePicture, type PictureFit, psnr } from '../picture.js';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import { BaseTrajectory } from './base-trajectory.js';
import type { EditedSampler } from './edited-sampler.js';

/** Session runs per step at most; the first takes the place of plain DDIM inversion. */
const REFINEMENTS = 8;
/** RMS of the residual (images are in [-1,1]) at which a step counts as inverted. */
const CLOSE = 1e-4;

/** Inverts a picture file, and says how well sampling from the latents gives it back. `sampler` has a batch of 1. */
export async function invertPicture(
  sampler: EditedSampler,
  { bytes, fit, samplingSteps }: { bytes: Uint8Array; fit: PictureFit; samplingSteps: number },
  between: Between,
): Promise<Inversion> {
  const { images } = sampler;
  const image = floatTensor([1, ...images.shape], await decodePicture(bytes, images.shape, fit));
  const latents = await invert(sampler, await images.inverse(image, between), samplingSteps, between);
  const base = new BaseTrajectory(sampler, { seed: 0, latents }, { samplingSteps, eta: 0, qualityBoost: 0 });
  const { x } = await base.step(samplingSteps - 1, between);
  return {
    latents: writeSafetensors({ tensors: new Map([['x', latents]]), metadata: {} }),
    psnr: psnr((await images.of(x, between)).data, image.data),
  };
}

/** The latents of an {@link Inversion}; BAD_USER_INPUT if they are not of the sampler's model. */
export function decodeLatents({ model }: EditedSampler, bytes: Uint8Array): FloatTensor {
  const x = readSafetensors(bytes, 'latents').tensors.get('x');
  const expected = [1, ...model.sampleShape];
  if (x && x.shape.join() === expected.join()) return x;
  throw new EngineError('BAD_USER_INPUT', `latents: expected [${expected}], got [${x?.shape}].`);
}

/**
 * DDIM inversion (arXiv 2010.02502, sec. 4.3) with fixed-point refinement (as in ReNoise, arXiv 2403.14602, and AIDI,
 * arXiv 2309.04907): from the last step back to the first, the x[i] whose reverse step gives x[i+1], by
 * x ← x + g·(x[i+1] − step(x)). `image` `[1,C,H,W]` in [-1,1] → latents x[0] `[1,C,H,W]`, in at most
 * {@link REFINEMENTS}·T session runs of the sampler that will sample from them. Keeps the iterate of the least residual.
 */
export async function invert(
  sampler: EditedSampler,
  image: FloatTensor,
  samplingSteps: number,
  between: Between,
): Promise<FloatTensor> {
  const plan = samplingPlan(sampler.model.schedule, samplingSteps);
  let x = image;
  for (let stepIndex = plan.length - 1; stepIndex >= 0; stepIndex -= 1) {
    x = await inverted(sampler, plan[stepIndex] as SamplingStep, stepIndex, x, between);
  }
  return x;
}

async function inverted(
  sampler: EditedSampler,
  step: SamplingStep,
  stepIndex: number,
  target: FloatTensor,
  between: Between,
): Promise<FloatTensor> {
  const gain = gainOf(sampler, step);
  let [x, best, least] = [target, target, Number.POSITIVE_INFINITY];
  for (let turn = 0; turn < REFINEMENTS; turn += 1) {
    await between();
    const made = await sampler.step({ step, stepIndex, eta: 0, seeds: [0] }, x, sampler.zero());
    const residual = made.x.data.map((value, at) => (target.data[at] ?? 0) - value);
    const size = Math.sqrt(residual.reduce((sum, value) => sum + value * value, 0) / residual.length);
    if (size < least) [best, least] = [x, size];
    if (size < CLOSE) break;
    x = floatTensor(
      x.shape,
      x.data.map((value, at) => value + gain * (residual[at] ?? 0)),
    );
  }
  return best;
}

/**
 * The inverse of what a step does to x itself, apart from the network's output: x[i+1] = A·x + B·o(x). For sample
 * prediction that may be 0; √(ᾱ/ᾱ′), the gain of ε-prediction, serves it too.
 */
function gainOf({ model }: EditedSampler, step: SamplingStep): number {
  const { predictionType } = model.schedule;
  if (predictionType === 'sample') return Math.sqrt(step.alphaBar / step.alphaBarPrev);
  const [c0 = 0, , c2 = 0, , c4 = 0, c5 = 0] = stepCoefficients(step, 0, predictionType).data;
  return 1 / (c4 * c0 + c5 * c2);
}
