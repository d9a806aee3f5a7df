import { type FloatTensor, floatTensor } from '../graph/tensor.js';

const round = Math.fround;

/**
 * Sinusoidal features of a timestep, `[1, count]` (arXiv 1706.03762, section 3.5), in float32 steps as PyTorch computes
 * them: sin(t·f_i), cos(t·f_i) with f_i = exp(−ln 10000 · i / (count/2 − freqShift)); `flip` puts the cosines first.
 */
export function timestepFeatures(timestep: number, count: number, flip: boolean, freqShift: number): FloatTensor {
  const half = Math.floor(count / 2);
  const data = new Float32Array(count);
  for (let i = 0; i < half; i += 1) {
    const exponent = round(round(round(-Math.log(10000)) * i) / round(half - freqShift));
    const angle = round(timestep * round(Math.exp(exponent)));
    data[flip ? half + i : i] = Math.sin(angle);
    data[flip ? i : half + i] = Math.cos(angle);
  }
  return floatTensor([1, count], data);
}
