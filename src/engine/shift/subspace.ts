import { normals, STREAMS } from '../diffusion/random.js';
import { floatTensor, sizeOf } from '../graph/tensor.js';
import type { ShiftConfig, ShiftControl } from './control.js';
import { interpolated, remembering } from './interpolation.js';
import { newtonSchulz, orthonormalRows, unitLength, unitLengthRows } from './orthonormal.js';
import { COMPONENT_COUNT, type HStatistics } from './statistics.js';

/** d_k(t) = Σ_m w_km·b_m(t), w `[K,M]` with rows of length 1, orthonormal or not, started at the identity. */
export function subspaceShift({ directions, orthonormal, seed }: ShiftConfig, statistics: HStatistics): ShiftControl {
  const width = sizeOf(statistics.hShape);
  const shape = [directions, COMPONENT_COUNT];
  return {
    phiShape: shape,
    initial: () => {
      const noise = normals({ seed, stream: STREAMS.parameters, sample: 0, step: 0 }, sizeOf(shape));
      const start = noise.map((value, at) => 0.01 * value + (at % (COMPONENT_COUNT + 1) === 0 ? 1 : 0));
      return orthonormalRows(floatTensor(shape, start));
    },
    operandShape: [COMPONENT_COUNT, width],
    operand: remembering(statistics.components, statistics.timesteps),
    record: (tape, phi, strengths, operand) => {
      const mixture = tape.matmul(strengths, orthonormal ? newtonSchulz(tape, phi) : unitLength(tape, phi));
      return tape.reshape(tape.matmul(mixture, operand), [strengths.shape[0] ?? 1, ...statistics.hShape]);
    },
    retract: orthonormal ? orthonormalRows : unitLengthRows,
    rows: (phi) => phi,
    directions: {
      dependsOn: 'TIMESTEP',
      at: (rows, k, timestep) => {
        const weights = rows.data.subarray(k * COMPONENT_COUNT, (k + 1) * COMPONENT_COUNT);
        const { data: components } = interpolated(statistics.components, statistics.timesteps, timestep);
        const sum = new Float64Array(width);
        weights.forEach((weight, m) => {
          for (let at = 0; at < width; at += 1) sum[at] = (sum[at] ?? 0) + weight * (components[m * width + at] ?? 0);
        });
        return Float32Array.from(sum);
      },
    },
  };
}
