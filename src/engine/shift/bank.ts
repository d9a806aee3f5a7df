import type { DirectionBankRef, ReverseProcess, ShiftKind } from '../contract.js';
import { EngineError } from '../errors.js';
import type { FloatTensor } from '../graph/tensor.js';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import { type ShiftConfig, type ShiftControl, shiftControl, strengthScale, UNIT } from './control.js';
import { decodeDirectionFile, isDirectionFile } from './direction-file.js';
import { decodeStatistics, type HStatistics } from './statistics.js';
import type { DirectionTable } from './table.js';

const FORMAT = 'azimuth-directions-1';

/** The directions of one discovery, ready to edit with. */
export interface DirectionBank {
  readonly kind: ShiftKind;
  readonly reverseProcess: ReverseProcess;
  /** T_ref: the number of sampling steps they were trained with. */
  readonly samplingSteps: number;
  readonly statistics: HStatistics;
  readonly directions: number;
  /** Normalised directions, as {@link ShiftControl.rows} gives them. */
  readonly rows: FloatTensor;
  readonly control: Pick<ShiftControl, 'directions' | 'operand'>;
  readonly config: ShiftConfig;
  /** Of directions that came as a table. */
  readonly table: DirectionTable | null;
}

/** The small part of a bank as bytes: normalised rows and what they mean. */
export function encodeDirections(
  config: ShiftConfig,
  reverseProcess: ReverseProcess,
  samplingSteps: number,
  rows: FloatTensor,
): Uint8Array {
  const metadata = {
    format: FORMAT,
    kind: config.kind,
    reverseProcess,
    samplingSteps: String(samplingSteps),
    directions: String(config.directions),
    fullSpatial: String(config.fullSpatial),
    timeEmbeddingWidth: String(config.timeEmbeddingWidth),
  };
  return writeSafetensors({ tensors: new Map([['rows', rows]]), metadata });
}

/** By the bytes of the parameters, then of the statistics: whoever holds the same bytes again gets the same bank. */
const decoded = new WeakMap<Uint8Array, WeakMap<Uint8Array, DirectionBank>>();

/**
 * Reads a bank, once for as long as its bytes are held; throws MODEL_INVALID if the parts are damaged or do not belong
 * together.
 */
export function decodeBank(ref: DirectionBankRef): DirectionBank {
  const known = decoded.get(ref.parameters) ?? new WeakMap<Uint8Array, DirectionBank>();
  const bank = known.get(ref.statistics) ?? readBank(ref);
  decoded.set(ref.parameters, known.set(ref.statistics, bank));
  return bank;
}

function readBank({ statistics, parameters }: DirectionBankRef): DirectionBank {
  const file = readSafetensors(parameters, 'directions');
  if (isDirectionFile(file)) return decodeDirectionFile(file).bank;
  const { tensors, metadata } = file;
  const rows = tensors.get('rows');
  const { kind, reverseProcess } = metadata;
  if (metadata['format'] !== FORMAT || !rows || !isShiftKind(kind)) {
    throw new EngineError(
      'MODEL_INVALID',
      `directions: expected ${FORMAT} of kind ${Object.keys(UNIT).join(', ')}, got ${metadata['format']} ${kind}.`,
    );
  }
  const process = reverseProcess === 'ASYMMETRIC' ? 'ASYMMETRIC' : 'SYMMETRIC';
  const directions = Number(metadata['directions']);
  const config: ShiftConfig = {
    kind,
    directions,
    fullSpatial: metadata['fullSpatial'] === 'true',
    orthonormal: false,
    seed: 0,
    timeEmbeddingWidth: Number(metadata['timeEmbeddingWidth'] ?? 0),
  };
  const measured = decodeStatistics(statistics);
  const control = shiftControl(config, measured);
  if (rows.shape.join() !== control.phiShape.join()) {
    throw new EngineError(
      'MODEL_INVALID',
      `directions: expected rows [${control.phiShape}] of ${directions} ${kind} directions, got [${rows.shape}].`,
    );
  }
  return {
    kind,
    reverseProcess: process,
    samplingSteps: Number(metadata['samplingSteps']),
    statistics: measured,
    directions,
    rows,
    control,
    config,
    table: null,
  };
}

function isShiftKind(kind: string | undefined): kind is ShiftKind {
  return kind !== undefined && kind in UNIT;
}

/** s·c·r of a shift; BAD_USER_INPUT if the bank has no such direction. */
export function shiftScale(
  bank: DirectionBank,
  directionIndex: number,
  strength: number,
  at: { samplingSteps: number; process: ReverseProcess },
): number {
  if (directionIndex < 0 || directionIndex >= bank.directions) {
    throw new EngineError('BAD_USER_INPUT', `direction ${directionIndex}: the bank holds 0…${bank.directions - 1}.`);
  }
  return strength * strengthScale(bank.kind, at.process, bank.samplingSteps, at.samplingSteps);
}
