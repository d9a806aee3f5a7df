import type { ReverseProcess } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import { SampleImages } from '../diffusion/sample-images.js';
import { type SamplingStep, samplingPlan } from '../diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from '../diffusion/step.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import { planBatch } from '../runtime/batch-plan.js';
import { BatchSession } from '../runtime/batch-session.js';
import type { Device } from '../runtime/device.js';

/** One step of edited sampling: the sample it made, and the clean image it predicts. */
export interface SampledStep {
  readonly stepIndex: number;
  readonly step: SamplingStep;
  readonly x: FloatTensor;
  readonly predictedX0: FloatTensor;
}

/** Where a step stands: its seeds (one a sample of the batch) draw the noise of η > 0. */
export interface StepSite {
  readonly step: SamplingStep;
  readonly stepIndex: number;
  readonly eta: number;
  readonly seeds: readonly number[];
}

/** Δh of the whole batch, `[N,Ch,Hh,Wh]`, at one step that the samples x `[N,C,H,W]` enter. */
export type DeltaH = (step: SamplingStep, stepIndex: number, x: FloatTensor) => FloatTensor | Promise<FloatTensor>;

/**
 * Samples from seeds with any Δh. Unedited is the same session with Δh = 0, so that strength 0 gives the unedited image
 * byte for byte. A seed's noise depends on the seed alone, not on its place in a batch.
 */
export class EditedSampler {
  private constructor(
    readonly model: DiffusionModel,
    readonly batch: number,
    private readonly stochastic: boolean,
    private readonly session: BatchSession,
    /** What the samples look like. */
    readonly images: SampleImages,
    private readonly ownsImages: boolean,
  ) {}

  static async create(
    model: DiffusionModel,
    { batch, process, stochastic }: { batch: number; process: ReverseProcess; stochastic: boolean },
    device: Device,
    images?: SampleImages,
  ): Promise<EditedSampler> {
    const plan = planBatch(batch, device, model);
    const tape = new Tape();
    const inputs = stepInputs(tape, model, plan.rows, stochastic);
    const deltaH = tape.input('deltaH', [plan.rows, ...model.hShape]);
    const { xNext, predictedX0 } = recordStep(tape, model, inputs, process, () => deltaH);
    return new EditedSampler(
      model,
      batch,
      stochastic,
      await BatchSession.create(tape.graph({ xNext, predictedX0 }), plan, device, { precision: device.precision }),
      images ?? new SampleImages(model, device),
      images === undefined,
    );
  }

  /** Yields every step, noisiest first; `seeds` has one entry a sample of the batch. */
  async *sample(
    seeds: readonly number[],
    samplingSteps: number,
    eta: number,
    deltaH: DeltaH,
    between: Between,
  ): AsyncGenerator<SampledStep, void, void> {
    let x = this.start(seeds);
    for (const [stepIndex, step] of samplingPlan(this.model.schedule, samplingSteps).entries()) {
      await between();
      const sampled = await this.step({ step, stepIndex, eta, seeds }, x, await deltaH(step, stepIndex, x));
      x = sampled.x;
      yield sampled;
    }
  }

  /** The noise that sampling starts from, `[N,C,H,W]`. */
  start(seeds: readonly number[]): FloatTensor {
    return this.noise(seeds, STREAMS.sampleNoise, 0);
  }

  /** One session run: from x `[N,C,H,W]` at a step to the next, with Δh `[N,Ch,Hh,Wh]`. */
  async step({ step, stepIndex, eta, seeds }: StepSite, x: FloatTensor, deltaH: FloatTensor): Promise<SampledStep> {
    const noise = this.stochastic ? { noise: this.noise(seeds, STREAMS.stepNoise, stepIndex) } : {};
    const made = await this.session.run({ ...stepFeeds(this.model, step, eta), ...noise, x, deltaH });
    return { stepIndex, step, x: made['xNext'] as FloatTensor, predictedX0: made['predictedX0'] as FloatTensor };
  }

  /** No shift. */
  zero(): FloatTensor {
    return floatTensor([this.batch, ...this.model.hShape]);
  }

  async release(): Promise<void> {
    await this.session.release();
    if (this.ownsImages) await this.images.release();
  }

  private noise(seeds: readonly number[], stream: number, step: number): FloatTensor {
    const size = sizeOf(this.model.sampleShape);
    const out = floatTensor([this.batch, ...this.model.sampleShape]);
    seeds.forEach((seed, row) => {
      out.data.set(normals({ seed, stream, sample: 0, step }, size), row * size);
    });
    return out;
  }
}
