import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { EditedSampler, SampledStep } from './edited-sampler.js';
import { type NoisyStep, noisySteps, type Sampling } from './sampling.js';

/** Where sampling starts: the noise of a seed, or the latents `[1,C,H,W]` of an inverted image. */
export interface EditBase {
  /** Draws the noise that sampling starts from where there are no latents, and that of steps with η > 0. */
  readonly seed: number;
  readonly latents: FloatTensor | null;
}

/**
 * The unedited trajectory of one base, each step computed when somebody first needs it: the original of every edit of
 * that base, its unedited frames, and the steps before a shift sets in. One row of a batch, since the bytes of a sample
 * may depend on the size of its batch.
 */
export class BaseTrajectory {
  readonly steps: readonly NoisyStep[];
  /** x[0], `[1,C,H,W]`. */
  readonly start: FloatTensor;
  private readonly made: (Promise<SampledStep> | undefined)[] = [];

  constructor(
    readonly sampler: EditedSampler,
    readonly base: EditBase,
    readonly sampling: Sampling,
  ) {
    this.steps = noisySteps(sampler.model, sampling);
    this.start = base.latents ?? row(sampler.start(new Array<number>(sampler.batch).fill(base.seed)), 0);
  }

  /** How many steps are there without computing any. */
  get known(): number {
    let count = 0;
    while (this.made[count] !== undefined) count += 1;
    return count;
  }

  /** Bytes that the whole of it takes. */
  get byteLength(): number {
    return this.start.data.byteLength * (2 * this.steps.length + 1);
  }

  /** What a batch computed on the way, of which one row was unedited. */
  record(sampled: SampledStep): void {
    this.made[sampled.stepIndex] ??= Promise.resolve(sampled);
  }

  /** One step, `[1,C,H,W]`; computes those before it where they are missing. */
  async step(stepIndex: number, between: Between): Promise<SampledStep> {
    for (let i = this.known; i <= stepIndex; i += 1) {
      await between();
      // Somebody else may have come first.
      const next = this.made[i] ?? this.compute(i);
      this.made[i] = next;
      await next.catch(() => delete this.made[i]);
    }
    return this.made[stepIndex] as Promise<SampledStep>;
  }

  /** x[i] that enters step i. */
  async entering(stepIndex: number, between: Between): Promise<FloatTensor> {
    return stepIndex === 0 ? this.start : (await this.step(stepIndex - 1, between)).x;
  }

  private async compute(stepIndex: number): Promise<SampledStep> {
    const { sampler, base, steps } = this;
    const before = stepIndex === 0 ? this.start : (await (this.made[stepIndex - 1] as Promise<SampledStep>)).x;
    const seeds = new Array<number>(sampler.batch).fill(base.seed);
    const at = { ...(steps[stepIndex] as NoisyStep), seeds };
    return firstRow(await sampler.step(at, repeated(before, sampler.batch), sampler.zero()));
  }
}

/** One row of a step of a batch. */
export function firstRow(sampled: SampledStep, index = 0): SampledStep {
  return { ...sampled, x: row(sampled.x, index), predictedX0: row(sampled.predictedX0, index) };
}

function row({ shape: [count = 1, ...rest], data }: FloatTensor, index: number): FloatTensor {
  const width = data.length / count;
  return floatTensor([1, ...rest], data.slice(index * width, (index + 1) * width));
}

/** One sample as every row of a batch. */
export function repeated({ shape: [, ...rest], data }: FloatTensor, batch: number): FloatTensor {
  const out = floatTensor([batch, ...rest]);
  for (let index = 0; index < batch; index += 1) out.data.set(data, index * data.length);
  return out;
}
