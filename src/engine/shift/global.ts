import { normals, STREAMS } from '../diffusion/random.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import type { ShiftConfig, ShiftControl } from './control.js';
import { interpolated } from './interpolation.js';
import { newtonSchulz, orthonormalRows, unitRms, unitRmsRows } from './orthonormal.js';
import type { HStatistics } from './statistics.js';

/** Vectors u_k in h of RMS 1, `[K,width]`: free, or orthogonal to each other. */
export interface UnitVectors {
  readonly width: number;
  initial(): FloatTensor;
  record(tape: Tape, phi: Value): Value;
  retract(phi: FloatTensor): FloatTensor;
  rows(phi: FloatTensor): FloatTensor;
  /** Δh `[N,width]` as it is added to h: broadcast over space where there is one value a channel. */
  spread(tape: Tape, shift: Value): Value;
  /** One u_k, however it is stored, over all of h, times `scale`. */
  overSpace(row: Float32Array, scale: number): Float32Array;
}

export function unitVectors(
  { directions, seed, fullSpatial, orthonormal }: ShiftConfig,
  { hShape }: HStatistics,
): UnitVectors {
  const [channels] = hShape;
  const all = sizeOf(hShape);
  const width = fullSpatial ? all : channels;
  const shape = [directions, width];
  const root = Math.sqrt(width);
  const scaled = (rows: FloatTensor) =>
    floatTensor(
      rows.shape,
      rows.data.map((value) => value * root),
    );
  const retract = orthonormal ? orthonormalRows : unitRmsRows;
  return {
    width,
    initial: () => {
      const key = { seed, stream: STREAMS.parameters, sample: 0, step: 0 };
      return retract(floatTensor(shape, normals(key, sizeOf(shape))));
    },
    record: (tape, phi) => (orthonormal ? tape.mul(newtonSchulz(tape, phi), tape.scalar(root)) : unitRms(tape, phi)),
    retract,
    rows: orthonormal ? scaled : unitRmsRows,
    spread: (tape, shift) => {
      const batch = shift.shape[0] ?? 1;
      return tape.reshape(shift, fullSpatial ? [batch, ...hShape] : [batch, channels, 1, 1]);
    },
    overSpace: (row, scale) => {
      const [out, positions] = [new Float32Array(all), all / row.length];
      for (const [at, value] of row.entries()) out.fill(scale * value, at * positions, (at + 1) * positions);
      return out;
    },
  };
}

/** d_k = ρ(t)·u_k. */
export function globalShift(config: ShiftConfig, statistics: HStatistics): ShiftControl {
  const vectors = unitVectors(config, statistics);
  const rho = (timestep: number) => interpolated(statistics.rho, statistics.timesteps, timestep, [1]);
  return {
    phiShape: [config.directions, vectors.width],
    initial: vectors.initial,
    operandShape: [1],
    operand: rho,
    record: (tape, phi, strengths, operand) =>
      vectors.spread(tape, tape.mul(tape.matmul(strengths, vectors.record(tape, phi)), operand)),
    retract: vectors.retract,
    rows: vectors.rows,
    directions: {
      dependsOn: 'TIMESTEP',
      at: (rows, k, timestep) => {
        const width = rows.shape[1] ?? 0;
        return vectors.overSpace(rows.data.subarray(k * width, (k + 1) * width), rho(timestep).data[0] ?? 0);
      },
    },
  };
}
