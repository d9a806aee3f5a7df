import type { DiffusionModel } from '../diffusion/model.js';
import type { SamplingStep } from '../diffusion/schedule.js';
import { stepFeeds } from '../diffusion/step.js';
import type { FloatTensor } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';
import type { DirectionBank } from '../shift/bank.js';
import { shiftControl } from '../shift/control.js';

/** What a direction that depends on the sample sees of a batch at one step. */
export interface SampleSite {
  readonly timestep: number;
  readonly h: FloatTensor;
  readonly temb: FloatTensor;
}

/**
 * Directions that depend on the sample, for one model and batch: a session that gives h, and a small one that gives d_k of
 * h. Edits add d_k as they add any other, in the session that gives the unedited image too.
 */
export class SampleDirections {
  private constructor(
    private readonly model: DiffusionModel,
    private readonly encoder: Session,
    private readonly direction: Session,
  ) {}

  /** `bank` says what the directions of this model look like: all banks of one kind have the same shape. */
  static async create(
    model: DiffusionModel,
    batch: number,
    bank: DirectionBank,
    device: Device,
  ): Promise<SampleDirections> {
    const tape = new Tape();
    const x = tape.input('x', [batch, ...model.sampleShape]);
    const site = model.encode(tape, x, tape.input('features', [1, model.featureCount]));
    const encoder = await Session.create(tape.graph({ h: site.h, temb: site.temb }), device);
    const small = new Tape();
    const control = shiftControl({ ...bank.config, directions: 1 }, bank.statistics);
    const deltaH = control.record(
      small,
      small.input('phi', control.phiShape),
      small.ones([batch, 1]),
      small.input('operand', control.operandShape),
      { h: small.input('h', site.h.shape), temb: small.input('temb', site.temb.shape) },
    );
    return new SampleDirections(model, encoder, await Session.create(small.graph({ deltaH }), device));
  }

  /** h and time embedding of samples `[N,C,H,W]` that enter a step. */
  async site(step: SamplingStep, x: FloatTensor): Promise<SampleSite> {
    const { h, temb } = await this.encoder.run({ ...stepFeeds(this.model, step, 0), x });
    return { timestep: step.timestep, h: h as FloatTensor, temb: temb as FloatTensor };
  }

  /** d_k of every sample, `[N,Ch,Hh,Wh]` flat; `phi` is that of direction k alone. */
  async at(bank: DirectionBank, phi: FloatTensor, { timestep, h, temb }: SampleSite): Promise<Float32Array> {
    const { deltaH } = await this.direction.run({ phi, operand: bank.control.operand(timestep), h, temb });
    return (deltaH as FloatTensor).data;
  }

  async release(): Promise<void> {
    await this.encoder.release();
    await this.direction.release();
  }
}
