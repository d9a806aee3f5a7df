import { floatTensor, sizeOf } from '../graph/tensor.js';
import type { ShiftConfig, ShiftControl } from './control.js';
import { interpolation } from './interpolation.js';
import type { HStatistics } from './statistics.js';

/**
 * Free vectors at every measured timestep, interpolated over t: φ `[T,K·Ch·Hh·Wh]`. What a principal component analysis
 * of each timestep yields; it starts at zero, to be filled with that.
 */
export function perTimestepShift({ directions }: ShiftConfig, { hShape, timesteps }: HStatistics): ShiftControl {
  const width = sizeOf(hShape);
  const phiShape = [timesteps.length, directions * width];
  return {
    phiShape,
    initial: () => floatTensor(phiShape),
    operandShape: [1, timesteps.length],
    operand: (timestep) => {
      const weights = floatTensor([1, timesteps.length]);
      for (const { position, weight } of interpolation(timesteps, timestep)) weights.data[position] = weight;
      return weights;
    },
    record: (tape, phi, strengths, operand) => {
      const vectors = tape.reshape(tape.matmul(operand, phi), [directions, width]);
      return tape.reshape(tape.matmul(strengths, vectors), [strengths.shape[0] ?? 1, ...hShape]);
    },
    retract: (phi) => phi,
    rows: (phi) => phi,
    directions: {
      dependsOn: 'TIMESTEP',
      at: (rows, k, timestep) => {
        const out = new Float32Array(width);
        const stride = rows.shape[1] ?? 0;
        for (const { position, weight } of interpolation(timesteps, timestep)) {
          for (let at = 0; at < width; at += 1) {
            out[at] = (out[at] ?? 0) + weight * (rows.data[position * stride + k * width + at] ?? 0);
          }
        }
        return out;
      },
    },
  };
}
