import { normals, STREAMS } from '../diffusion/random.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { Device } from '../runtime/device.js';
import { type MeasuredDirections, samplersOf } from './effects.js';

/** One sample shifted along every direction at every strength: for each direction images `[strengths, C,H,W]`. */
export async function sampleStrips(
  directions: MeasuredDirections,
  strengths: readonly number[],
  device: Device,
  between: Between,
): Promise<FloatTensor[]> {
  const { model, config, phi } = directions;
  const batch = strengths.length;
  const samplers = await samplersOf(directions, batch, device);
  const size = sizeOf(model.sampleShape);
  const one = normals({ seed: 0, stream: STREAMS.evaluation, sample: 2, step: 0 }, size);
  const noise = floatTensor([batch, ...model.sampleShape]);
  for (let row = 0; row < batch; row += 1) noise.data.set(one, row * size);
  const strips: FloatTensor[] = [];
  try {
    for (let k = 0; k < config.directions; k += 1) {
      const choice = { directions: new Array<number>(batch).fill(k), strengths };
      const trajectory = await samplers.shifted(noise, phi, choice, between);
      strips.push(trajectory.samples.at(-1) as FloatTensor);
    }
  } finally {
    await samplers.release();
  }
  return strips;
}
