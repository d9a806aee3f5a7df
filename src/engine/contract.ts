/** What crosses the engine's door: plain data, structured-clone safe. */

import type { PictureFit, PictureFormat } from './picture.js';

export type { PictureFit, PictureFormat } from './picture.js';

export type ShiftKind = 'SUBSPACE' | 'GLOBAL' | 'TIMESTEP' | 'BLOCK' | 'PER_TIMESTEP';
/** LEARNED trains the shifts; the baselines PCA and JACOBIAN measure them, RANDOM draws them, and only the reconstructor learns. */
export type DiscoveryMethod = 'LEARNED' | 'PCA' | 'JACOBIAN' | 'RANDOM';
/** Where a SUBSPACE starts: at the principal components of h, or at mixtures of them whose effects are independent. */
export type SubspaceStart = 'PRINCIPAL' | 'INDEPENDENT';
export type ReverseProcess = 'ASYMMETRIC' | 'SYMMETRIC';

/** One execution provider: whether it can be used here, why (not), and whether it is the one in use. */
export interface DeviceReport {
  readonly name: string;
  readonly available: boolean;
  readonly reason: string;
  readonly chosen: boolean;
}

/** What an import understood of a model. `hash` is the SHA-256 (hex) of its configuration and weights. */
export interface ModelDescription {
  readonly hash: string;
  readonly resolution: number;
  readonly channels: number;
  readonly parameterCount: number;
  /** `[Ch, Hh, Wh]`, the shape of one sample's h. */
  readonly hShape: readonly number[];
  /** Module name of the tap, `mid_block` for diffusers models. */
  readonly hTap: string;
  readonly trainTimesteps: number;
  readonly betaSchedule: string;
  readonly predictionType: string;
  readonly report: ImportReport;
}

/** What an import understood of a model's files, for the user; MiB and such are for whoever shows it. */
export interface ImportReport {
  /** As docs/models.md names it. */
  readonly format: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly config: readonly { readonly key: string; readonly value: string; readonly meaning: string }[];
  readonly weights: {
    readonly matched: number;
    readonly ignored: readonly string[];
    readonly parameters: number;
    /** As float32. */
    readonly bytes: number;
  };
  /** Places where h can be read; one is chosen. */
  readonly taps: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly chosen: boolean;
    readonly why: string;
  }[];
  readonly schedule: {
    readonly trainTimesteps: number;
    readonly betaSchedule: string;
    readonly predictionType: string;
    readonly timestepSpacing: string;
    /** ᾱ of the first and the last training timestep. */
    readonly firstAlphaBar: number;
    readonly lastAlphaBar: number;
    readonly meaning: string;
  };
  /** Of one sample through the UNet, on the device in use. */
  readonly secondsPerForward: number;
  readonly warnings: readonly string[];
}

/** Memory that work with a model takes on the CPU, foretold from the shapes of its graphs. */
export interface MemoryReport {
  /** One edit. */
  readonly editingBytes: number;
  /** A discovery at the defaults. */
  readonly trainingBytes: number;
  /** What could be had when this was looked at. */
  readonly usableBytes: number;
  /** What to change for a discovery to fit; null where it fits. */
  readonly advice: string | null;
}

/** Whether the engine's gradients of this model are those of its output: by finite differences. */
export interface GradientCheck {
  readonly verdict: 'PASSED' | 'FAILED' | 'SKIPPED';
  /** Pixels on a side of the input that it was done with. */
  readonly inputSize: number;
  /** Relative disagreement along a random change of x, and of h. */
  readonly errorByX: number | null;
  readonly errorByH: number | null;
  readonly message: string;
}

/** Whether unedited samples look like images: pixels are meant to lie in −1…1. */
export interface SampleCheck {
  readonly verdict: 'PASSED' | 'FAILED';
  readonly count: number;
  readonly samplingSteps: number;
  /** Null where values are not finite. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
  readonly message: string;
}

/** Work that lets anything more urgent go first. */
export interface BackgroundOptions {
  readonly signal: AbortSignal;
  readonly yieldTo: YieldTo;
}

/** How a model is found again after its import. */
export interface ModelRef {
  readonly path: string;
  /** As the import gave it: a model that has changed since is refused. */
  readonly hash: string;
  /** Where h is read; the format's own choice if null. */
  readonly hTap?: string | null;
}

export interface ImportStage {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** An image file in memory; width and height in pixels. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly contentType: string;
}

/** Every hyper-parameter of a discovery, resolved. Strengths are in the unit of the shift formula. */
export interface DiscoveryConfig {
  readonly method: DiscoveryMethod;
  readonly directions: number;
  readonly trainingSteps: number;
  readonly batchSize: number;
  readonly samplingSteps: number;
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
  /** Emitted once, before the first step of a fresh run; keep the bytes, pass them back on resume and for edits. */
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

/** One direction of a bank, applied at `strength`, weighted over normalised time by `curve` (empty: 1 throughout). */
export interface Shift {
  readonly bank: DirectionBankRef;
  readonly directionIndex: number;
  readonly strength: number;
  /** t = 0 is the first (noisiest) step, 1 the last; linear between points, clamped outside. */
  readonly curve: readonly { readonly t: number; readonly weight: number }[];
}

export interface EditRequest {
  /** Of the noise to start from, and of that which steps with η > 0 add. */
  readonly seed: number;
  /** Where an uploaded image starts instead: what {@link Engine.invert} gave. */
  readonly latents?: Uint8Array | null;
  readonly shifts: readonly Shift[];
  readonly samplingSteps: number;
  readonly reverseProcess: ReverseProcess;
  readonly eta: number;
  /** Share of the steps, the last ones, that are taken with η = 1; 0 if left out. */
  readonly qualityBoost?: number;
  /** A frame every n-th step. */
  readonly previewEvery: number;
  /** Longer side of a frame in pixels; the model's resolution where null. */
  readonly previewSize: number | null;
  /** PNG if left out. */
  readonly previewFormat?: PictureFormat;
  /** Beside each frame the unedited one of the same step, and their difference. */
  readonly previewTwins?: boolean;
  /** Steps of a first, coarse pass whose every step is a frame; 0 (none) if left out. */
  readonly coarseSteps?: number;
  /** Rows of the session: the bytes of a sample may depend on it. 1 if left out; larger for what a sweep made. */
  readonly batch?: number;
}

/** One base, edited in several ways. */
export interface SweepRequest extends Omit<EditRequest, 'shifts' | 'coarseSteps'> {
  /** Rows of its session: {@link Engine.sweepBatch} of the whole sweep, also where some of it is there already. */
  readonly batch: number;
  readonly variations: readonly (readonly Shift[])[];
}

export interface EditFrame {
  readonly type: 'frame';
  /** Whether it is of the coarse pass. */
  readonly coarse: boolean;
  readonly stepIndex: number;
  readonly timestep: number;
  /** Of the pass. */
  readonly samplingSteps: number;
  readonly image: EncodedImage;
  /** The unedited sample at this step, and image − original around middle grey, halved; null unless asked for. */
  readonly original: EncodedImage | null;
  readonly difference: EncodedImage | null;
}

export interface EditResult {
  readonly type: 'result';
  readonly result: EncodedImage;
  readonly original: EncodedImage;
}

export type EditEvent = EditFrame | EditResult;

/** An event of one of a sweep's variations. */
export type SweepEvent = EditEvent & { readonly variation: number };

export interface Inversion {
  /** safetensors of `x` `[1,C,H,W]`. */
  readonly latents: Uint8Array;
  /** Of the image that sampling from the latents gives, against the fitted one: dB, on 256 levels. */
  readonly psnr: number;
}

export type GalleryEvent =
  /** `position` is that of its seed. */
  | { readonly type: 'image'; readonly position: number; readonly image: EncodedImage }
  | { readonly type: 'check'; readonly check: SampleCheck };
export interface MergeRequest {
  readonly parts: readonly {
    readonly bank: DirectionBankRef;
    readonly directionIndex: number;
    readonly weight: number;
  }[];
  /** Directions whose change of images is taken out of the sum. */
  readonly removed: readonly { readonly bank: DirectionBankRef; readonly directionIndex: number }[];
  readonly reverseProcess: ReverseProcess;
  /** T_ref of the merged direction. */
  readonly samplingSteps: number;
}

export interface MergedDirection {
  /** A bank of one PER_TIMESTEP direction, with the statistics of the first part. */
  readonly parameters: Uint8Array;
  /** RMS change of the image (in [-1,1]) per unit strength. */
  readonly effectSize: number;
  /** |cosine| of the change of images along the sum and along each removed direction, 0…1, on samples not fitted to. */
  readonly leakage: readonly { readonly before: number; readonly after: number }[];
}

/** Called between any two session runs of a training; resolves when nothing more urgent waits. */
export type YieldTo = () => Promise<void>;

/**
 * The engine as the worker sees it. One instance owns one device and its sessions; every method that runs long checks
 * its `AbortSignal` between session runs and then throws `CANCELLED`.
 */
export interface Engine {
  readonly devices: readonly DeviceReport[];
  /** Name and version of everything that bytes depend on, such as `onnxruntime-node 1.30.0`. */
  readonly software: readonly string[];
  /** The processor and how many threads compute on it. */
  readonly processor: string;
  /** Reads and checks a model, and runs it once; progress by callback. `hTap` as in {@link ModelRef}. Throws MODEL_INVALID. */
  importModel(
    path: string,
    onStage: (stage: ImportStage) => Promise<void>,
    signal: AbortSignal,
    hTap?: string | null,
  ): Promise<ModelDescription>;
  /** One PNG per seed. */
  sample(
    path: string,
    hash: string,
    seeds: readonly number[],
    samplingSteps: number,
    signal: AbortSignal,
  ): Promise<EncodedImage[]>;
  /** What work with a model takes. Nothing is computed. */
  foretellMemory(model: ModelRef): Promise<MemoryReport>;
  /** The import doctor's self-check, on an input of at most 64×64. */
  checkGradients(model: ModelRef, options: BackgroundOptions): Promise<GradientCheck>;
  /** A deterministic gallery: a PNG per seed, as they are made; progress in sampling steps of one sample, by callback. */
  gallery(
    model: ModelRef,
    request: { readonly seeds: readonly number[]; readonly samplingSteps: number },
    options: BackgroundOptions & { readonly onProgress: (done: number, total: number) => Promise<void> },
  ): AsyncGenerator<GalleryEvent, void, void>;
  discover(
    model: ModelRef,
    config: DiscoveryConfig,
    options: {
      state: Uint8Array | null;
      statistics: Uint8Array | null;
      signal: AbortSignal;
      /** Once aborted, the step under way is finished, a checkpoint is given, and the stream ends without a scorecard. */
      pause?: AbortSignal;
      yieldTo: YieldTo;
    },
  ): AsyncGenerator<DiscoveryEvent, void, void>;
  /** Time and memory of a discovery, without starting it. */
  estimate(model: ModelRef, config: DiscoveryConfig, signal: AbortSignal): Promise<DiscoveryEstimate>;
  edit(model: ModelRef, request: EditRequest, signal: AbortSignal): AsyncGenerator<EditEvent, void, void>;
  /** As many edits of one base, several rows a session run; `shouldSkip` tells which variations nobody wants any more. */
  sweep(
    model: ModelRef,
    request: SweepRequest,
    options: { signal: AbortSignal; yieldTo: YieldTo; shouldSkip: (variation: number) => boolean },
  ): AsyncGenerator<SweepEvent, void, void>;
  /** Rows of a sweep's session. */
  sweepBatch(variations: number): number;
  /** Where sampling must start in order to arrive at an image. Throws BAD_USER_INPUT if it cannot be read. */
  invert(
    model: ModelRef,
    image: { bytes: Uint8Array; fit: PictureFit; samplingSteps: number },
    signal: AbortSignal,
  ): Promise<Inversion>;
  /** A weighted sum of directions, others taken out of it. */
  merge(model: { path: string; hash: string }, request: MergeRequest, signal: AbortSignal): Promise<MergedDirection>;
  /** Traversal of one direction from one seed: one PNG per strength. */
  filmstrip(
    model: ModelRef,
    request: {
      bank: DirectionBankRef;
      directionIndex: number;
      strengths: readonly number[];
      seed: number;
      samplingSteps: number;
      reverseProcess: ReverseProcess;
    },
    signal: AbortSignal,
    yieldTo?: YieldTo,
  ): Promise<EncodedImage[]>;
  /** Directions of one kind, process and T_ref as a file for others; BAD_USER_INPUT where they differ in that. */
  exportDirections(model: ModelRef, directions: readonly ExportedDirection[]): Promise<Uint8Array>;
  /** Checks a direction file against the model. Throws MODEL_INVALID on damage, BAD_USER_INPUT on a mismatch. */
  readDirections(model: ModelRef, bytes: Uint8Array): Promise<DirectionFileContent>;
  close(): Promise<void>;
}
