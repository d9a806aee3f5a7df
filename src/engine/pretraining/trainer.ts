import { floatTensor } from '../graph/tensor.js';
import { adamStep, type Betas } from '../learning/adam.js';
import { decayAt, movingAverage } from '../learning/average.js';
import { clipGlobalNorm } from '../learning/clip.js';
import type { Device } from '../runtime/device.js';
import { type PretrainingConfig, scheduleConfigText, unetConfigText } from './config.js';
import { drawNoise, drawTimesteps } from './draw.js';
import { DenoisingObjective } from './objective.js';
import { initialState, type PretrainingState } from './state.js';
import { type TrainableUNet, trainableUNet } from './unet.js';

/** Images in [-1,1] of one training step, `[N,3,S,S]` row-major: the same ones whenever asked for. */
export type Images = (step: number) => Float32Array;

const BETAS: Betas = [0.9, 0.99];
const GRADIENT_LIMIT = 1;
const EMA_DECAY = 0.999;
const WARM_UP_STEPS = 200;

/** Linear warm-up (a tenth of the steps, 200 at most), then half a cosine down to a hundredth. */
export function learningRateAt({ learningRate, steps }: PretrainingConfig, step: number): number {
  const warmUp = Math.min(1, step / Math.min(WARM_UP_STEPS, Math.ceil(steps / 10)));
  const cosine = 0.5 * (1 + Math.cos((Math.PI * (step - 1)) / steps));
  return learningRate * warmUp * (0.01 + 0.99 * cosine);
}

/** The session of one pretraining; {@link PretrainingTrainer.step} is a pure function of the state. */
export class PretrainingTrainer {
  private constructor(
    private readonly config: PretrainingConfig,
    readonly unet: TrainableUNet,
    private readonly objective: DenoisingObjective,
  ) {}

  static async create(config: PretrainingConfig, device: Device): Promise<PretrainingTrainer> {
    const unet = trainableUNet(unetConfigText(config), scheduleConfigText(config));
    return new PretrainingTrainer(config, unet, await DenoisingObjective.create(unet, config.batchSize, device));
  }

  initial(): PretrainingState {
    return initialState(this.unet.specs, this.config.seed);
  }

  /** One training step on the step's own images, timesteps and noise. */
  async step(state: PretrainingState, images: Images): Promise<PretrainingState> {
    const { seed, batchSize } = this.config;
    const step = state.step + 1;
    const x0 = floatTensor([batchSize, ...this.unet.sampleShape], images(step));
    const timesteps = drawTimesteps(seed, step, batchSize, this.unet.schedule.trainTimesteps);
    const noise = drawNoise(seed, step, x0.shape);
    const { loss, gradients } = await this.objective.run({ x0, noise, timesteps }, state.parameters);
    const clipped = clipGlobalNorm(gradients, GRADIENT_LIMIT);
    const moved = adamStep(state.parameters, clipped, state.adam, learningRateAt(this.config, step), { betas: BETAS });
    const ema = movingAverage(state.ema, moved.parameters, decayAt(step, EMA_DECAY));
    const losses = new Float32Array(step);
    losses.set(state.losses);
    losses[step - 1] = loss;
    return { step, parameters: moved.parameters, adam: moved.state, ema, losses };
  }

  async release(): Promise<void> {
    await this.objective.release();
  }
}
