import type { DiffusionModel } from '../diffusion/model.js';
import type { NoiseSchedule } from '../diffusion/schedule.js';
import type { FloatTensor } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';

/** Little noise, so that the encoder looks at what the image shows. */
const FEATURE_ALPHA_BAR = 0.95;

/**
 * The feature space that every model has without other weights: h of its own UNet for the finished image, entered as
 * √ᾱ·x without noise at the timestep whose ᾱ is nearest 0.95, mean over space.
 */
export class ImageFeatures {
  private constructor(
    private readonly model: DiffusionModel,
    private readonly timestep: number,
    private readonly session: Session,
  ) {}

  static async create(model: DiffusionModel, batch: number, device: Device): Promise<ImageFeatures> {
    const timestep = featureTimestep(model.schedule);
    const tape = new Tape();
    const x = tape.input('x', [batch, ...model.sampleShape]);
    const signal = tape.scalar(Math.sqrt(model.schedule.alphasCumprod[timestep] ?? 1));
    const { h } = model.encode(tape, tape.mul(x, signal), tape.input('features', [1, model.featureCount]));
    const session = await Session.create(tape.graph({ rows: tape.reduceMean(h, [2, 3], false) }), device);
    return new ImageFeatures(model, timestep, session);
  }

  /** Of finished samples `[N,C,H,W]` (of a model of latents: these): `[N,Ch]`. */
  async of(x: FloatTensor): Promise<FloatTensor> {
    const made = await this.session.run({ x, features: this.model.timestepFeatures(this.timestep) });
    return made['rows'] as FloatTensor;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** The timestep whose ᾱ is nearest {@link FEATURE_ALPHA_BAR}. */
function featureTimestep({ alphasCumprod }: NoiseSchedule): number {
  const away = alphasCumprod.map((alphaBar) => Math.abs(alphaBar - FEATURE_ALPHA_BAR));
  return away.indexOf(Math.min(...away));
}
