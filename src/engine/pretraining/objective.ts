import { vjp } from '../autodiff/vjp.js';
import type { PredictionType } from '../diffusion/schedule.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { mean } from '../learning/losses.js';
import { type Parameters, parameterInputs } from '../learning/parameters.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';
import type { TrainableUNet } from './unet.js';

/** What one step learns from. */
export interface NoisyBatch {
  /** Images in [-1,1], `[N,C,H,W]`. */
  readonly x0: FloatTensor;
  readonly noise: FloatTensor;
  /** Training timestep of each sample. */
  readonly timesteps: readonly number[];
}

/** Mean squared error of the UNet's prediction, and its gradient by every weight, as one session. */
export class DenoisingObjective {
  private constructor(
    private readonly session: Session,
    private readonly unet: TrainableUNet,
  ) {}

  static async create(unet: TrainableUNet, batch: number, device: Device): Promise<DenoisingObjective> {
    const tape = new Tape();
    const weights = parameterInputs(tape, unet.specs);
    const loss = recordLoss(tape, unet, weights, batch);
    const gradients = vjp(tape, [loss], [tape.scalar(1)], Object.values(weights));
    const outputs: Record<string, Value> = { loss };
    Object.keys(weights).forEach((name, index) => {
      outputs[`grad:${name}`] = gradients[index] as Value;
    });
    return new DenoisingObjective(await Session.create(tape.graph(outputs), device), unet);
  }

  async run(
    { x0, noise, timesteps }: NoisyBatch,
    weights: Parameters,
  ): Promise<{ loss: number; gradients: Parameters }> {
    const { schedule, specs } = this.unet;
    const bars = timesteps.map((timestep) => schedule.alphasCumprod[timestep] ?? 0);
    const made = await this.session.run({
      ...weights,
      x0,
      noise,
      signal: perSample(bars.map(Math.sqrt)),
      sigma: perSample(bars.map((bar) => Math.sqrt(1 - bar))),
      features: this.unet.features(timesteps),
    });
    const gradients = Object.fromEntries(Object.keys(specs).map((name) => [name, made[`grad:${name}`] as FloatTensor]));
    return { loss: made['loss']?.data[0] ?? Number.NaN, gradients };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function recordLoss(tape: Tape, unet: TrainableUNet, weights: Readonly<Record<string, Value>>, batch: number): Value {
  const images = [batch, ...unet.sampleShape];
  const [x0, noise] = [tape.input('x0', images), tape.input('noise', images)];
  const [signal, sigma] = [tape.input('signal', [batch, 1, 1, 1]), tape.input('sigma', [batch, 1, 1, 1])];
  // x_t = √ᾱ·x0 + √(1−ᾱ)·ε (arXiv 2006.11239, eq. 4).
  const noisy = tape.add(tape.mul(signal, x0), tape.mul(sigma, noise));
  const output = unet.record(tape, weights, noisy, tape.input('features', [batch, unet.featureCount]));
  const targets: Readonly<Record<PredictionType, () => Value>> = {
    epsilon: () => noise,
    // v = √ᾱ·ε − √(1−ᾱ)·x0 (arXiv 2202.00512, appendix D).
    v_prediction: () => tape.sub(tape.mul(signal, noise), tape.mul(sigma, x0)),
    sample: () => x0,
  };
  const error = tape.sub(output, targets[unet.schedule.predictionType]());
  return mean(tape, tape.mul(error, error));
}

function perSample(values: readonly number[]): FloatTensor {
  return floatTensor([values.length, 1, 1, 1], Float32Array.from(values));
}
