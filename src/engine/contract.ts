/** What crosses the engine's door: plain data, structured-clone safe, and the engine itself. */

import type { DirectionBankRef, DirectionFileContent, ExportedDirection } from './contract/directions.js';
import type { DiscoveryConfig, DiscoveryEstimate, DiscoveryEvent, ReverseProcess } from './contract/discovery.js';
import type {
  EditEvent,
  EditRequest,
  Inversion,
  MergedDirection,
  MergeRequest,
  SweepEvent,
  SweepRequest,
} from './contract/editing.js';
import type {
  GalleryEvent,
  GradientCheck,
  ImportStage,
  MemoryReport,
  ModelDescription,
  ModelRef,
} from './contract/models.js';
import type { EncodedImage, PictureFit } from './contract/pictures.js';

export type * from './contract/directions.js';
export type * from './contract/discovery.js';
export type * from './contract/editing.js';
export type * from './contract/models.js';
export type * from './contract/pictures.js';

/** One execution provider: whether it can be used here, why (not), and whether it is the one in use. */
export interface DeviceReport {
  readonly name: string;
  readonly available: boolean;
  readonly reason: string;
  readonly chosen: boolean;
}

/** Called between any two session runs of a training; resolves when nothing more urgent waits. */
export type YieldTo = () => Promise<void>;

/** Work that lets anything more urgent go first. */
export interface BackgroundOptions {
  readonly signal: AbortSignal;
  readonly yieldTo: YieldTo;
}

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
  /** Rows of the session of a sweep at so many pixels a side. */
  sweepBatch(variations: number, resolution: number): number;
  /** Where sampling must start in order to arrive at an image. Throws BAD_USER_INPUT if it cannot be read. */
  invert(
    model: ModelRef,
    image: { bytes: Uint8Array; fit: PictureFit; samplingSteps: number },
    signal: AbortSignal,
  ): Promise<Inversion>;
  /** A weighted sum of directions, others taken out of it. */
  merge(model: ModelRef, request: MergeRequest, signal: AbortSignal): Promise<MergedDirection>;
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
