import { timestepFeatures } from '../diffusion/features.js';
import { EngineError } from '../errors.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { UNetConfig } from './diffusers-config.js';

const round = Math.fround;

/** Width of {@link unetFeatures}. */
export function unetFeatureCount({ timeEmbedding, timeFeatures, blockOutChannels }: UNetConfig): number {
  const first = timeFeatures ?? blockOutChannels[0] ?? 0;
  return timeEmbedding === 'fourier' ? 2 * first + 1 : first;
}

/**
 * What the UNet sees of one timestep, `[1, count]`: sinusoids, a row of a learned table, or Fourier features with 1/t
 * behind them. `projection` is `time_proj.weight`, which the sinusoids do not have.
 */
export function unetFeatures(config: UNetConfig, projection: () => FloatTensor, timestep: number): FloatTensor {
  const first = config.timeFeatures ?? config.blockOutChannels[0] ?? 0;
  if (config.timeEmbedding === 'learned') return tableRow(projection(), timestep);
  if (config.timeEmbedding === 'fourier') return fourierFeatures(projection(), timestep);
  const scaled = config.timestepScale === undefined ? timestep : round(timestep * round(config.timestepScale));
  return timestepFeatures(scaled, first, config.flipSinToCos, config.freqShift);
}

function tableRow({ shape, data }: FloatTensor, timestep: number): FloatTensor {
  const [rows = 0, width = 0] = shape;
  if (timestep < rows) return floatTensor([1, width], data.slice(timestep * width, (timestep + 1) * width));
  throw new EngineError('MODEL_INVALID', `timestep ${timestep}: the model has learned only 0…${rows - 1}.`);
}

/** sin and cos of 2π·w·ln t (arXiv 2006.10739 as in arXiv 2011.13456), in float32 steps as PyTorch computes them; 1/t. */
function fourierFeatures({ data: frequencies }: FloatTensor, timestep: number): FloatTensor {
  if (timestep === 0)
    throw new EngineError(
      'MODEL_INVALID',
      'A model of Fourier features sees ln t, and has no timestep 0. Set timestep_spacing trailing, or steps_offset 1.',
    );
  const count = frequencies.length;
  const out = floatTensor([1, 2 * count + 1]);
  frequencies.forEach((frequency, at) => {
    const angle = round(round(round(round(Math.log(timestep)) * frequency) * 2) * round(Math.PI));
    out.data[at] = Math.sin(angle);
    out.data[count + at] = Math.cos(angle);
  });
  out.data[2 * count] = 1 / timestep;
  return out;
}
