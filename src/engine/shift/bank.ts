import type { DirectionBankRef, ReverseProcess, ShiftKind } from '../contract.js';
import { EngineError } from '../errors.js';
import { type FloatTensor, sizeOf } from '../graph/tensor.js';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import { type ShiftConfig, shiftControl, strengthScale } from './control.js';
import { decodeStatistics, type HStatistics } from './statistics.js';

const FORMAT = 'azimuth-directions-1';

/** The directions of one discovery, ready to edit with. */
export interface DirectionBank {
  readonly kind: ShiftKind;
  readonly reverseProcess: ReverseProcess;
  /** T_ref: the number of sampling steps they were trained with. */
  readonly samplingSteps: number;
  readonly statistics: HStatistics;
  /** Normalised directions, `[K,M]` (SUBSPACE), `[K,Ch]` or `[K,Ch·Hh·Wh]` (GLOBAL). */
  readonly rows: FloatTensor;
}

/** The small part of a bank as bytes: normalised rows and what they mean. */
export function encodeDirections(
  config: ShiftConfig,
  reverseProcess: ReverseProcess,
  samplingSteps: number,
  rows: FloatTensor,
): Uint8Array {
  const metadata = { format: FORMAT, kind: config.kind, reverseProcess, samplingSteps: String(samplingSteps) };
  return writeSafetensors({ tensors: new Map([['rows', rows]]), metadata });
}

/** Reads a bank; throws MODEL_INVALID if the parts are damaged or do not belong together. */
export function decodeBank({ statistics, parameters }: DirectionBankRef): DirectionBank {
  const { tensors, metadata } = readSafetensors(parameters, 'directions');
  const rows = tensors.get('rows');
  const { kind, reverseProcess } = metadata;
  if (metadata['format'] !== FORMAT || !rows || (kind !== 'SUBSPACE' && kind !== 'GLOBAL')) {
    throw new EngineError(
      'MODEL_INVALID',
      `directions: expected ${FORMAT} of kind SUBSPACE or GLOBAL, got ${metadata['format']} ${kind}.`,
    );
  }
  const process = reverseProcess === 'ASYMMETRIC' ? 'ASYMMETRIC' : 'SYMMETRIC';
  return {
    kind,
    reverseProcess: process,
    samplingSteps: Number(metadata['samplingSteps']),
    statistics: decodeStatistics(statistics),
    rows,
  };
}

/**
 * Adds Δh of one direction to `into` (one sample, `[Ch·Hh·Wh]`): s·c·r·d_k(t). The host's counterpart of
 * `ShiftControl.record`; nothing is differentiated here.
 */
export function addShift(
  into: Float32Array,
  bank: DirectionBank,
  directionIndex: number,
  strength: number,
  at: { timestep: number; samplingSteps: number; process: ReverseProcess },
): void {
  const [directions, width] = bank.rows.shape as [number, number];
  if (directionIndex < 0 || directionIndex >= directions) {
    throw new EngineError('BAD_USER_INPUT', `direction ${directionIndex}: the bank holds 0…${directions - 1}.`);
  }
  const scale = strength * strengthScale(bank.kind, at.process, bank.samplingSteps, at.samplingSteps);
  if (scale === 0) return;
  const row = bank.rows.data.subarray(directionIndex * width, (directionIndex + 1) * width);
  if (bank.kind === 'SUBSPACE') addMixture(into, row, scale, operandOf(bank, at.timestep));
  else addGlobal(into, row, scale * (operandOf(bank, at.timestep).data[0] ?? 0), sizeOf(bank.statistics.hShape));
}

function operandOf(bank: DirectionBank, timestep: number): FloatTensor {
  const config = {
    kind: bank.kind,
    directions: bank.rows.shape[0] ?? 0,
    fullSpatial: false,
    orthonormal: false,
    seed: 0,
  };
  return shiftControl(config, bank.statistics).operand(timestep);
}

function addMixture(into: Float32Array, row: Float32Array, scale: number, basis: FloatTensor): void {
  const width = into.length;
  const sum = new Float64Array(width);
  row.forEach((weight, m) => {
    for (let at = 0; at < width; at += 1) sum[at] = (sum[at] ?? 0) + weight * (basis.data[m * width + at] ?? 0);
  });
  for (let at = 0; at < width; at += 1) into[at] = (into[at] ?? 0) + scale * (sum[at] ?? 0);
}

/** One value a channel is spread over space. */
function addGlobal(into: Float32Array, row: Float32Array, scale: number, width: number): void {
  const spread = width / row.length;
  for (let at = 0; at < width; at += 1) into[at] = (into[at] ?? 0) + scale * (row[Math.floor(at / spread)] ?? 0);
}
