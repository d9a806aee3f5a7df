import type { EncodedImage } from './pictures.js';

export type ShiftKind = 'SUBSPACE' | 'GLOBAL' | 'TIMESTEP' | 'BLOCK' | 'PER_TIMESTEP';
/** LEARNED trains the shifts; the baselines PCA and JACOBIAN measure them, RANDOM draws them, and only the reconstructor learns. */
export type DiscoveryMethod = 'LEARNED' | 'PCA' | 'JACOBIAN' | 'RANDOM';
/** Where a SUBSPACE starts: at the principal components of h, or at mixtures of them whose effects are independent. */
export type SubspaceStart = 'PRINCIPAL' | 'INDEPENDENT';
export type ReverseProcess = 'ASYMMETRIC' | 'SYMMETRIC';

/** Every hyper-parameter of a discovery, resolved. Strengths are in the unit of the shift formula. */
export interface DiscoveryConfig {
  readonly method: DiscoveryMethod;
  readonly directions: number;
  readonly trainingSteps: number;
  readonly batchSize: number;
  readonly samplingSteps: number;
  /** Through how many of the last sampling steps the gradient goes; all of them where it is not said. */
  readonly gradientSteps?: number;
  readonly shift: ShiftKind;
  readonly fullSpatial: boolean;
  readonly orthonormal: boolean;
  /** Of SUBSPACE; PRINCIPAL where a configuration of an earlier version does not say. */
  readonly start?: SubspaceStart;
  readonly reverseProcess: ReverseProcess;
  readonly maxStrength: number;
  readonly minStrength: number;
  readonly learningRate: number;
  readonly adversarialWeight: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  readonly previewEvery: number;
}

/**
 * Measured on fresh samples. `accuracy` in 0…1, `strengthError` in units of strength, `effectSize` RMS change of the image
 * (in [-1,1]) per unit strength. The rest comes with the last scorecard of a discovery.
 */
export interface DirectionScore {
  readonly index: number;
  readonly accuracy: number;
  readonly strengthError: number;
  readonly effectSize: number;
  /** Spearman's ρ of strength and image effect along the direction's own mean effect, -1…1. */
  readonly monotonicity?: number;
  /** 1 − largest |cosine| of its mean effect with another direction's, 0…1. */
  readonly uniqueness?: number;
  /** Moves the image by less than one grey level at the largest strength. */
  readonly dead?: boolean;
  /** Index of the more accurate direction whose mean effect it repeats (|cosine| ≥ 0.95). */
  readonly duplicateOf?: number | null;
  /** accuracy · monotonicity · uniqueness, 0 for a dead direction. */
  readonly score?: number;
  /** At ±maxStrength and ±maxStrength/2, ascending; empty where the training was too short to afford it. */
  readonly fidelity?: readonly FidelityPoint[];
  /** What the points are judged by; null where there are none. */
  readonly fidelityBaseline?: FidelityBaseline | null;
  /** Strengths around 0 within which the Fréchet distance stays within twice that of the baseline; null where there are no points. */
  readonly strengthRange?: StrengthRange | null;
}

/** How far samples shifted at one strength are from unshifted ones of other seeds, in features of the model's own UNet. */
export interface FidelityPoint {
  readonly strength: number;
  /** Unbiased MMD² with the kernel (xᵀy/d + 1)³; around 0 where nothing differs, also below it. */
  readonly kid: number;
  readonly frechetDistance: number;
}

/** The same distances between unshifted samples and other unshifted ones, at the same sample counts. */
export interface FidelityBaseline {
  /** Shifted samples of each point. */
  readonly samples: number;
  readonly kid: number;
  readonly frechetDistance: number;
}

export interface StrengthRange {
  readonly min: number;
  readonly max: number;
}

/** What a discovery would take, from a short probe on this device; there is none, and no time, where it will clearly not fit. */
export interface DiscoveryEstimate {
  /** Mean over the run, its cheaper first steps included. */
  readonly secondsPerStep: number | null;
  /** Training, statistics and scoring. */
  readonly totalSeconds: number | null;
  /** Peak resident set of the engine's process. */
  readonly peakMemoryBytes: number;
  /** Whether the memory now available will do. */
  readonly fits: boolean;
  /** What to change where it will not. */
  readonly advice: string | null;
}

export type DiscoveryEvent =
  | {
      readonly type: 'phase';
      readonly phase: 'statistics' | 'training' | 'scoring';
      readonly done: number;
      readonly total: number;
    }
  /** Before the first step of a fresh run, where more was measured than was known; keep the last bytes, pass them back on resume and for edits. */
  | { readonly type: 'statistics'; readonly bytes: Uint8Array }
  | {
      readonly type: 'step';
      /** 1-based. */
      readonly step: number;
      readonly loss: number;
      readonly classificationLoss: number;
      readonly strengthLoss: number;
      readonly adversarialLoss: number | null;
      readonly discriminatorLoss: number | null;
      readonly accuracy: number;
      readonly secondsPerStep: number;
      readonly peakMemoryBytes: number;
    }
  /** Predicted x0 at one sampling step of a sample in training; `stepIndex` is 0-based. */
  | {
      readonly type: 'preview';
      readonly step: number;
      readonly directionIndex: number;
      readonly strength: number;
      readonly stepIndex: number;
      readonly timestep: number;
      readonly samplingSteps: number;
      readonly original: EncodedImage;
      readonly shifted: EncodedImage;
    }
  /** `state` resumes the run exactly; `parameters` are the directions at this step. Also emitted once at the last step. */
  | { readonly type: 'checkpoint'; readonly step: number; readonly state: Uint8Array; readonly parameters: Uint8Array }
  /** At each checkpoint from the pairs since the one before (directions without any are left out); the final one has all. */
  | {
      readonly type: 'scorecard';
      readonly step: number;
      readonly isFinal: boolean;
      readonly scores: readonly DirectionScore[];
    };
