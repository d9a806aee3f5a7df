import type { ReverseProcess, ShiftKind } from '../contract.js';
import type { Encoded } from '../diffusion/model.js';
import type { Value } from '../graph/graph.js';
import type { FloatTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import { blockShift } from './block.js';
import { globalShift } from './global.js';
import { perTimestepShift } from './per-timestep.js';
import type { HStatistics } from './statistics.js';
import { subspaceShift } from './subspace.js';
import { timestepShift } from './timestep.js';

/** What a shift control module is made for. */
export interface ShiftConfig {
  readonly kind: ShiftKind;
  readonly directions: number;
  /** GLOBAL and TIMESTEP: a value for every position of h in place of one a channel. */
  readonly fullSpatial: boolean;
  /** SUBSPACE, GLOBAL and TIMESTEP: orthonormal rows. */
  readonly orthonormal: boolean;
  readonly seed: number;
  /** BLOCK: how wide the model's time embedding is. */
  readonly timeEmbeddingWidth: number;
}

/** Where a shift is added, for the kinds that look at the sample itself: h before the shift, and the time embedding. */
export type ShiftSite = Pick<Encoded, 'h' | 'temb'>;

/**
 * S(k, s, i) → Δh = s·c·r·d_k(t_i). The strengths fed in are s·c·r, one a sample and direction, so that a sample may be
 * shifted along several directions at once, and strength 0 is exactly no shift.
 */
export interface ShiftControl {
  /** Of φ, and of what {@link rows} makes of it. */
  readonly phiShape: readonly number[];
  /** Trainable φ before the first step. */
  initial(): FloatTensor;
  /** Records Δh from φ, strengths `[N,K]`, the step's own operand, and the site. */
  record(tape: Tape, phi: Value, strengths: Value, operand: Value, site: ShiftSite): Value;
  readonly operandShape: readonly number[];
  /** The operand of one timestep: basis, scale or gate, interpolated over t. */
  operand(timestep: number): FloatTensor;
  /** Brings φ back to where it is defined after an optimiser's step. */
  retract(phi: FloatTensor): FloatTensor;
  /** The directions as edits keep them, normalised. */
  rows(phi: FloatTensor): FloatTensor;
  /** d_k from {@link rows}: what edits have in place of {@link record}. */
  readonly directions: DirectionSource;
}

export type DirectionSource =
  /** d_k(t), `[Ch·Hh·Wh]`, the same for every sample. */
  | {
      readonly dependsOn: 'TIMESTEP';
      readonly at: (rows: FloatTensor, directionIndex: number, timestep: number) => Float32Array;
    }
  /** Only a session that sees the sample can tell: φ of direction k alone, for a control of one direction. */
  | { readonly dependsOn: 'SAMPLE'; readonly alone: (rows: FloatTensor, directionIndex: number) => FloatTensor };

/** c of the shift formula: how far one unit of strength goes, in standard deviations of a component or in RMS of h. */
export const UNIT: Readonly<Record<ShiftKind, number>> = {
  SUBSPACE: 0.5,
  GLOBAL: 0.25,
  TIMESTEP: 0.25,
  BLOCK: 0.25,
  PER_TIMESTEP: 0.5,
};

/** c·r: r = T_ref/T for ASYMMETRIC, whose every step moves x by O(1); 1 for SYMMETRIC. */
export function strengthScale(
  kind: ShiftKind,
  process: ReverseProcess,
  referenceSteps: number,
  samplingSteps: number,
): number {
  return UNIT[kind] * (process === 'ASYMMETRIC' ? referenceSteps / samplingSteps : 1);
}

const KINDS: Readonly<Record<ShiftKind, (config: ShiftConfig, statistics: HStatistics) => ShiftControl>> = {
  SUBSPACE: subspaceShift,
  GLOBAL: globalShift,
  TIMESTEP: timestepShift,
  BLOCK: blockShift,
  PER_TIMESTEP: perTimestepShift,
};

export function shiftControl(config: ShiftConfig, statistics: HStatistics): ShiftControl {
  return KINDS[config.kind](config, statistics);
}
