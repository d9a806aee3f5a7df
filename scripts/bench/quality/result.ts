import type { DirectionScore } from '../../../src/engine/index.js';
import type { Disentanglement, EffectMatrix } from '../../../src/engine/quality/disentanglement.js';
import type { Cell } from './cells.js';

export interface Distances {
  readonly kid: number;
  readonly frechet: number;
}

/** Distances from unedited samples, in the features of the factor regressor; a direction each, at strengths −3 and 3. */
export interface Fidelity {
  /** Of two sets of unedited samples, of the same size. */
  readonly splitHalf: Distances;
  readonly lowest: readonly Distances[];
  readonly highest: readonly Distances[];
}

/** What was measured of one cell. */
export interface CellResult extends Cell, Disentanglement {
  readonly key: string;
  /** On one thread. */
  readonly secondsPerStep: number;
  /** Mean over the directions, on fresh pairs. */
  readonly accuracy: number;
  readonly scores: readonly DirectionScore[];
  readonly effects: EffectMatrix;
  readonly correlation: EffectMatrix;
  /** Mean change of each factor, in standard deviations, at strengths −3 and 3. */
  readonly atEnds: { readonly lowest: EffectMatrix; readonly highest: EffectMatrix };
  readonly fidelity: Fidelity;
}
