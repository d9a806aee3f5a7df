/** Distances of shifted from unshifted samples, at one strength. */
export interface FidelityPointRow {
  readonly strength: number;
  readonly kid: number;
  readonly frechetDistance: number;
}

/** The same distances among unshifted samples; `samples` shifted ones each. */
export interface FidelityBaselineRow {
  readonly samples: number;
  readonly kid: number;
  readonly frechetDistance: number;
}

export interface StrengthRangeRow {
  readonly min: number;
  readonly max: number;
}

export type DirectionOriginName = 'LEARNED' | 'PCA' | 'JACOBIAN' | 'RANDOM' | 'IMPORTED' | 'MERGED';

export interface DirectionRow {
  readonly id: string;
  readonly modelId: string;
  readonly discoveryId: string | null;
  readonly origin: DirectionOriginName;
  readonly index: number;
  /** Training step of the parameters it stands for now; rises at each checkpoint. */
  readonly version: number;
  readonly kind: string;
  readonly reverseProcess: string;
  readonly samplingSteps: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly favourite: boolean;
  readonly hidden: boolean;
  readonly accuracy: number | null;
  readonly strengthError: number | null;
  readonly monotonicity: number | null;
  readonly effectSize: number | null;
  readonly uniqueness: number | null;
  readonly score: number | null;
  readonly dead: boolean;
  readonly duplicateOfId: string | null;
  readonly fidelity: readonly FidelityPointRow[];
  /** Null where fidelity was not measured; so is the range. */
  readonly fidelityBaseline: FidelityBaselineRow | null;
  readonly strengthRange: StrengthRangeRow | null;
  /** Of a merged direction. */
  readonly merge: MergeRow | null;
  /** Blob hashes: `DirectionBankRef` of the engine. Null until the first checkpoint; the statistics of an imported direction are empty. */
  readonly statisticsHash: string | null;
  readonly parametersHash: string | null;
}

export interface DirectionFileRow {
  readonly hash: string;
  readonly byteSize: number;
}

/** What a direction file says of one direction. */
export type DirectionRecordRow = Pick<
  DirectionRow,
  | 'name'
  | 'tags'
  | 'accuracy'
  | 'strengthError'
  | 'monotonicity'
  | 'effectSize'
  | 'uniqueness'
  | 'score'
  | 'dead'
  | 'fidelity'
  | 'fidelityBaseline'
  | 'strengthRange'
>;

/** What a merged direction is made of. Leakage is that along the removed direction, 0 to 1, in images. */
export interface MergeRow {
  readonly parts: readonly {
    readonly directionId: string;
    readonly directionVersion: number;
    readonly weight: number;
  }[];
  readonly removed: readonly {
    readonly directionId: string;
    readonly directionVersion: number;
    readonly leakageBefore: number;
    readonly leakageAfter: number;
  }[];
}
