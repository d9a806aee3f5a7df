import type { ReverseProcess, ShiftKind } from '../contract.js';
import { normals, STREAMS } from '../diffusion/random.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import { newtonSchulz, orthonormalRows, unitRms, unitRmsRows } from './orthonormal.js';
import { COMPONENT_COUNT, type HStatistics, interpolation } from './statistics.js';

/** What a shift control module is made for. */
export interface ShiftConfig {
  readonly kind: ShiftKind;
  readonly directions: number;
  /** GLOBAL: a value for every position of h in place of one a channel. */
  readonly fullSpatial: boolean;
  /** GLOBAL: orthonormal rows (those of SUBSPACE always are). */
  readonly orthonormal: boolean;
  readonly seed: number;
}

/**
 * S(k, s, i) → Δh = s·c·r·d_k(t_i, h). The strengths fed in are s·c·r, one a sample and direction, so that a sample may
 * be shifted along several directions at once, and strength 0 is exactly no shift.
 */
export interface ShiftControl {
  /** Trainable φ. */
  initial(): FloatTensor;
  /** Records Δh from φ `[K, …]`, strengths `[N,K]` and the step's own operand. */
  record(tape: Tape, phi: Value, strengths: Value, operand: Value): Value;
  readonly operandShape: readonly number[];
  /** The operand of one timestep: basis or scale, interpolated over t. */
  operand(timestep: number): FloatTensor;
  /** Brings φ back to where it is defined after an optimiser's step. */
  retract(phi: FloatTensor): FloatTensor;
  /** The directions as edits use them, normalised: `[K, …]`. */
  rows(phi: FloatTensor): FloatTensor;
}

/** c of the shift formula: how far one unit of strength goes, in standard deviations (SUBSPACE) or RMS of h (GLOBAL). */
export const UNIT: Readonly<Record<ShiftKind, number>> = { SUBSPACE: 0.5, GLOBAL: 0.25 };

/** c·r: r = T_ref/T for ASYMMETRIC, whose every step moves x by O(1); 1 for SYMMETRIC. */
export function strengthScale(
  kind: ShiftKind,
  process: ReverseProcess,
  referenceSteps: number,
  samplingSteps: number,
): number {
  return UNIT[kind] * (process === 'ASYMMETRIC' ? referenceSteps / samplingSteps : 1);
}

export function shiftControl(config: ShiftConfig, statistics: HStatistics): ShiftControl {
  return config.kind === 'SUBSPACE' ? subspace(config, statistics) : global(config, statistics);
}

/** d_k(t) = Σ_m w_km·b_m(t), w `[K,M]` with orthonormal rows, started at the identity. */
function subspace({ directions, seed }: ShiftConfig, statistics: HStatistics): ShiftControl {
  const width = sizeOf(statistics.hShape);
  const shape = [directions, COMPONENT_COUNT];
  return {
    initial: () => {
      const noise = normals({ seed, stream: STREAMS.parameters, sample: 0, step: 0 }, sizeOf(shape));
      const start = noise.map((value, at) => 0.01 * value + (at % (COMPONENT_COUNT + 1) === 0 ? 1 : 0));
      return orthonormalRows(floatTensor(shape, start));
    },
    operandShape: [COMPONENT_COUNT, width],
    operand: (timestep) => interpolated(statistics.components, statistics.timesteps, timestep),
    record: (tape, phi, strengths, operand) => {
      const mixture = tape.matmul(strengths, newtonSchulz(tape, phi));
      return tape.reshape(tape.matmul(mixture, operand), [strengths.shape[0] ?? 1, ...statistics.hShape]);
    },
    retract: orthonormalRows,
    rows: (phi) => phi,
  };
}

/** d_k = ρ(t)·u_k, RMS(u_k) = 1. */
function global({ directions, seed, fullSpatial, orthonormal }: ShiftConfig, statistics: HStatistics): ShiftControl {
  const [channels] = statistics.hShape;
  const width = fullSpatial ? sizeOf(statistics.hShape) : channels;
  const shape = [directions, width];
  const root = Math.sqrt(width);
  const scaled = (rows: FloatTensor) =>
    floatTensor(
      rows.shape,
      rows.data.map((value) => value * root),
    );
  return {
    initial: () => {
      const start = floatTensor(
        shape,
        normals({ seed, stream: STREAMS.parameters, sample: 0, step: 0 }, sizeOf(shape)),
      );
      return orthonormal ? orthonormalRows(start) : unitRmsRows(start);
    },
    operandShape: [1],
    operand: (timestep) => interpolated(statistics.rho, statistics.timesteps, timestep, [1]),
    record: (tape, phi, strengths, operand) => {
      const rows = orthonormal ? tape.mul(newtonSchulz(tape, phi), tape.scalar(root)) : unitRms(tape, phi);
      const shift = tape.mul(tape.matmul(strengths, rows), operand);
      const batch = strengths.shape[0] ?? 1;
      return tape.reshape(shift, fullSpatial ? [batch, ...statistics.hShape] : [batch, channels, 1, 1]);
    },
    retract: orthonormal ? orthonormalRows : unitRmsRows,
    rows: orthonormal ? scaled : unitRmsRows,
  };
}

/** A per-step table `[T, …]` at any timestep. */
function interpolated(
  table: FloatTensor,
  timesteps: readonly number[],
  timestep: number,
  shape = table.shape.slice(1),
): FloatTensor {
  const width = sizeOf(shape);
  const out = floatTensor(shape);
  for (const { position, weight } of interpolation(timesteps, timestep)) {
    const row = table.data.subarray(position * width, (position + 1) * width);
    for (let at = 0; at < width; at += 1) out.data[at] = (out.data[at] ?? 0) + weight * (row[at] ?? 0);
  }
  return out;
}
