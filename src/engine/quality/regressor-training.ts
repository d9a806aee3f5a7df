import { normals, STREAMS } from '../diffusion/random.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { adamStart, adamStep } from '../learning/adam.js';
import { initialise, type Parameters } from '../learning/parameters.js';
import type { Device } from '../runtime/device.js';
import { RegressorObjective, type RegressorShape, regressorSpecs } from './factor-regressor.js';
import { factorTargets } from './factors.js';

export interface RegressorTraining {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Standard deviation of the noise put on the images: generated ones are not as clean as rendered ones. */
  readonly noise: number;
  readonly seed: number;
}

export const REGRESSOR_TRAINING: RegressorTraining = {
  steps: 1500,
  batch: 64,
  learningRate: 1e-3,
  noise: 0.05,
  seed: 0,
};

/** Rendered scenes of one step: images `[N,C,S,S]` flat, and their factors `[N,F]` flat. */
export type Scenes = (step: number, count: number) => { images: Float32Array; factors: Float32Array };

/** Trains on scenes that are never seen twice; Adam, learning rate down to 0 along a cosine. */
export async function trainRegressor(
  shape: RegressorShape,
  scenes: Scenes,
  training: RegressorTraining,
  device: Device,
  between: Between,
  onStep: (step: number, loss: number) => void,
): Promise<Parameters> {
  const { steps, batch, seed, noise } = training;
  const objective = await RegressorObjective.create(shape, batch, device);
  let parameters = initialise(regressorSpecs(shape), { seed, stream: STREAMS.evaluation, step: 0 }, 1000);
  let adam = adamStart(parameters);
  try {
    for (let step = 1; step <= steps; step += 1) {
      await between();
      const { images, factors } = scenes(step, batch);
      const x = noisy(floatTensor([batch, ...shape.sampleShape], images), noise, { seed, step });
      const { loss, gradients } = await objective.run(parameters, x, factorTargets(shape.factors, factors));
      const rate = training.learningRate * 0.5 * (1 + Math.cos((Math.PI * (step - 1)) / steps));
      ({ parameters, state: adam } = adamStep(parameters, gradients, adam, rate));
      onStep(step, loss);
    }
  } finally {
    await objective.release();
  }
  return parameters;
}

function noisy(
  { shape, data }: FloatTensor,
  deviation: number,
  { seed, step }: { seed: number; step: number },
): FloatTensor {
  const noise = normals({ seed, stream: STREAMS.evaluation, sample: 1, step }, data.length);
  return floatTensor(
    shape,
    noise.map((value, at) => (data[at] ?? 0) + deviation * value),
  );
}
