import type { FidelityBaseline, FidelityPoint, ReverseProcess, ShiftKind, StrengthRange } from './discovery.js';

/**
 * A discovery's directions as bytes (safetensors). `statistics` is large, immutable and shared by every discovery of the
 * same model; `parameters` is small and changes with each version. A direction file is `parameters` that need no statistics,
 * which are empty then.
 */
export interface DirectionBankRef {
  readonly statistics: Uint8Array;
  readonly parameters: Uint8Array;
}

/** What is known of a direction besides how it acts; null where it was not measured. */
export interface DirectionRecord {
  readonly name: string;
  readonly tags: readonly string[];
  readonly accuracy: number | null;
  readonly strengthError: number | null;
  readonly monotonicity: number | null;
  readonly effectSize: number | null;
  readonly uniqueness: number | null;
  readonly score: number | null;
  readonly dead: boolean;
  readonly fidelity: readonly FidelityPoint[];
  readonly fidelityBaseline: FidelityBaseline | null;
  readonly strengthRange: StrengthRange | null;
}

/** A direction to export. */
export interface ExportedDirection {
  readonly bank: DirectionBankRef;
  readonly directionIndex: number;
  readonly record: DirectionRecord;
}

/** What a direction file holds; its bytes are the `parameters` of a bank without `statistics`. */
export interface DirectionFileContent {
  readonly kind: ShiftKind;
  readonly reverseProcess: ReverseProcess;
  readonly samplingSteps: number;
  /** In the order of their indices. */
  readonly directions: readonly DirectionRecord[];
}
