/** The rows that storage hands out, and what it offers to the resolvers and to the jobs. No SQL leaves `src/storage`. */

import type { DirectionFileRow, DirectionOriginName, DirectionRow } from './types/directions.js';
import type { HubRefRow, ModelRow, ModelStageRow } from './types/models.js';
import type { RunKind, RunRow, RunStatus, Starter } from './types/runs.js';
import type { SigningKeyStore, TokenStore } from './types/tokens.js';

export * from './types/directions.js';
export * from './types/models.js';
export * from './types/runs.js';
export * from './types/tokens.js';

/** Every hyper-parameter of a discovery, as the engine takes it. */
export interface DiscoveryConfigRow {
  readonly method: 'LEARNED' | 'PCA' | 'JACOBIAN' | 'RANDOM';
  readonly directions: number;
  readonly trainingSteps: number;
  readonly batchSize: number;
  readonly samplingSteps: number;
  /** All of them where a configuration does not say. */
  readonly gradientSteps?: number;
  readonly shift: 'SUBSPACE' | 'GLOBAL' | 'TIMESTEP' | 'BLOCK' | 'PER_TIMESTEP';
  /** Of SUBSPACE; configurations of version 0.1.0 do not say, and mean PRINCIPAL. */
  readonly start?: 'PRINCIPAL' | 'INDEPENDENT';
  readonly fullSpatial: boolean;
  readonly orthonormal: boolean;
  readonly reverseProcess: 'ASYMMETRIC' | 'SYMMETRIC';
  readonly maxStrength: number;
  readonly minStrength: number;
  readonly learningRate: number;
  readonly adversarialWeight: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  readonly previewEvery: number;
}

export interface DiscoveryRow extends RunRow {
  readonly modelId: string;
  /** The resolved `DiscoveryConfig` of the engine. */
  readonly config: DiscoveryConfigRow;
  readonly step: number;
  readonly totalSteps: number;
  readonly secondsPerStep: number | null;
  readonly peakMemoryBytes: number | null;
  readonly device: string | null;
  readonly resumedFromStep: number | null;
}

export interface ImageRow {
  readonly id: string;
  readonly blobHash: string;
  readonly width: number;
  readonly height: number;
  readonly contentType: string;
}

export interface ShiftRow {
  readonly directionId: string;
  /** The direction's version when the edit ran; null before. */
  readonly directionVersion: number | null;
  readonly strength: number;
  readonly curve: readonly { readonly t: number; readonly weight: number }[];
  /** The parameters it runs with, from its start on: a later version of the direction changes nothing. */
  readonly pinned?: PinnedDirectionRow;
}

export interface PinnedDirectionRow {
  readonly index: number;
  readonly parametersHash: string;
  readonly statisticsHash: string;
}

export type ImageFitName = 'CROP' | 'PAD' | 'STRETCH';
export type ImageFormatName = 'PNG' | 'JPEG' | 'WEBP';

export interface InversionFacts {
  readonly latentsHash: string;
  readonly psnr: number;
}

/** Options of an edit that came after version 0.1.0; absent where it has their default. */
export interface EditOptionsRow {
  readonly fit?: ImageFitName;
  readonly qualityBoost?: number;
  readonly coarseSteps?: number;
  readonly previewFormat?: ImageFormatName;
  readonly previewTwins?: boolean;
  /** Of a sweep: its place in it, and the rows of the session that it runs in. */
  readonly place?: number;
  readonly batch?: number;
  /** It takes what another edit with the same request hash left. */
  readonly cached?: boolean;
}

export interface EditRow extends RunRow {
  readonly modelId: string;
  readonly seed: number | null;
  readonly imageId: string | null;
  readonly shifts: readonly ShiftRow[];
  readonly samplingSteps: number;
  readonly reverseProcess: string;
  readonly eta: number;
  readonly previewEvery: number;
  readonly previewSize: number | null;
  readonly originalImageId: string | null;
  readonly resultImageId: string | null;
  readonly warnings: readonly string[];
  readonly provenance: Record<string, unknown>;
  readonly options: EditOptionsRow;
  /** dB; null for a seed, and until the image is inverted. */
  readonly reconstructionPsnr: number | null;
  readonly requestHash: string | null;
  readonly sweepId: string | null;
  readonly rerunOfId: string | null;
}

/**
 * One line of a run's append-only log: `seq` is 1, 2, 3 … without gaps. `payload` is the event's own fields as JSON;
 * images stand in it by id.
 */
export interface EventRow {
  readonly runId: string;
  readonly seq: number;
  readonly at: Date;
  readonly type: EventTypeName;
  readonly payload: Record<string, unknown>;
}
export type EventTypeName =
  | 'StatusChanged' //    { status, error: { code, message } | null }
  | 'TrainingStep' //     { step, totalSteps, loss, classificationLoss, strengthLoss, adversarialLoss|null, discriminatorLoss|null, accuracy, secondsPerStep, peakMemoryBytes }
  | 'TrainingPreview' //  { step, directionIndex, strength, timestep, stepIndex, samplingSteps, originalId, shiftedId }  image ids
  | 'CheckpointSaved' //  { step }
  | 'ScorecardUpdated' // { step, directionIds }
  | 'EditFrame' //        { coarse, timestep, stepIndex, samplingSteps, imageId, originalId|null, differenceId|null }
  | 'EditFinished' //     { resultId, originalId }
  | 'ImportStage'; //     { stage, done, total }

/** A page by keyset: `after` is the last row's key of the page before. `hasNextPage` is exact. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}
export interface PageRequest {
  /** 1 … 200. */
  readonly first: number;
  /** Id of the row after which to start, in the list's own order; unknown ids throw StorageError BAD_USER_INPUT. */
  readonly afterId: string | null;
}

export interface DirectionFilterRow {
  readonly discoveryId?: string;
  readonly origin?: DirectionOriginName;
  readonly tag?: string;
  readonly favourite?: boolean;
  readonly hidden?: boolean;
  readonly dead?: boolean;
  readonly minScore?: number;
}
export type DirectionOrderName = 'SCORE' | 'INDEX' | 'NAME' | 'EFFECT_SIZE';

export interface NewEdit {
  readonly modelId: string;
  readonly seed: number | null;
  readonly imageId: string | null;
  readonly shifts: readonly ShiftRow[];
  readonly samplingSteps: number;
  readonly reverseProcess: string;
  readonly eta: number;
  readonly previewEvery: number;
  readonly previewSize: number | null;
  readonly warnings: readonly string[];
  readonly options: EditOptionsRow;
  readonly rerunOfId: string | null;
  /** Cancelled in the same transaction, if not final. */
  readonly replaces: string | null;
}

/**
 * What resolvers use. Every write that starts work enqueues its job in the same transaction and appends
 * `StatusChanged QUEUED` as event 1. `idempotency` = { key, fingerprint }: same key and fingerprint returns the run that
 * exists; same key and another fingerprint throws CONFLICT. `starter`: QUEUE_FULL or LIMIT_EXCEEDED where it has too many; without
 * one nothing is limited.
 */
export interface Storage {
  readonly models: {
    create(input: {
      name: string;
      source: string;
      hub?: HubRefRow | null;
      tapChoice?: string | null;
      starter?: Starter;
    }): Promise<ModelRow>;
    /** The one that is there with this source, or a new one; any number of nodes may ask at once. */
    createOnce(input: { name: string; source: string }): Promise<ModelRow>;
    byIds(ids: readonly string[]): Promise<ModelRow[]>;
    bySource(source: string): Promise<ModelRow | null>;
    page(request: PageRequest): Promise<Page<ModelRow>>;
    /** Images of the gallery in seed order; fewer than asked for while they are being made. */
    samples(modelId: string, first: number): Promise<ImageRow[]>;
    stages(modelId: string): Promise<ModelStageRow[]>;
  };
  readonly discoveries: {
    start(input: {
      modelId: string;
      config: DiscoveryConfigRow;
      totalSteps: number;
      idempotency: Idempotency | null;
      starter?: Starter;
    }): Promise<DiscoveryRow>;
    byIds(ids: readonly string[]): Promise<DiscoveryRow[]>;
    page(filter: { modelId?: string; status?: RunStatus }, request: PageRequest): Promise<Page<DiscoveryRow>>;
    /** TrainingStep events, oldest first: every `every`-th (1, 1+every …), of those the last `last`. */
    losses(id: string, every: number, last: number | null): Promise<EventRow[]>;
  };
  readonly directions: {
    byIds(ids: readonly string[]): Promise<DirectionRow[]>;
    page(
      modelId: string,
      filter: DirectionFilterRow,
      order: DirectionOrderName,
      request: PageRequest,
    ): Promise<Page<DirectionRow>>;
    update(
      id: string,
      patch: { name?: string; tags?: readonly string[]; favourite?: boolean; hidden?: boolean },
    ): Promise<DirectionRow>;
    filmstrip(id: string): Promise<ImageRow[]>;
  };
  /** Content-addressed, as images are; the hash is the SHA-256 (hex) of the bytes. */
  readonly directionFiles: {
    put(bytes: Uint8Array): Promise<DirectionFileRow>;
    find(hash: string): Promise<DirectionFileRow | null>;
    bytes(hash: string): Promise<Uint8Array | null>;
  };
  readonly edits: {
    start(input: NewEdit & { idempotency: Idempotency | null; starter?: Starter }): Promise<EditRow>;
    /** One edit for each list of shifts, in one job; `idempotency` finds all of them again. */
    startSweep(
      input: NewEdit & {
        variations: readonly (readonly ShiftRow[])[];
        idempotency: Idempotency | null;
        starter?: Starter;
      },
    ): Promise<EditRow[]>;
    byIds(ids: readonly string[]): Promise<EditRow[]>;
    page(filter: { modelId?: string; status?: RunStatus }, request: PageRequest): Promise<Page<EditRow>>;
    frames(editIds: readonly string[]): Promise<EventRow[]>;
  };
  readonly runs: {
    /** QUEUED → CANCELLED at once; RUNNING → asks the worker (it ends CANCELLED within one session run); final: CONFLICT. */
    cancel(id: string): Promise<RunRow>;
    /** QUEUED → PAUSED at once; RUNNING → PAUSED at the end of its step; else CONFLICT. */
    pause(id: string): Promise<RunRow>;
    /** PAUSED → QUEUED, with a job; else CONFLICT. */
    resume(id: string): Promise<RunRow>;
    byIds(ids: readonly string[]): Promise<RunRow[]>;
  };
  readonly events: {
    /**
     * Replays seq > after from the log, then follows live; ends after the event with a final status, or when aborted. Throws
     * EVENTS_EXPIRED where the next event is not kept any more.
     */
    follow(runId: string, after: number, signal: AbortSignal): AsyncIterable<EventRow>;
  };
  readonly images: {
    byIds(ids: readonly string[]): Promise<ImageRow[]>;
    /** `bytes` is null once it has expired. */
    bytes(id: string): Promise<{ row: ImageRow; bytes: Uint8Array | null } | null>;
    /** Content-addressed: the same bytes give the same id. */
    put(image: { bytes: Uint8Array; width: number; height: number; contentType: string }): Promise<ImageRow>;
  };
  readonly status: {
    /** Throws if the database does not answer. */
    ping(): Promise<void>;
    /** Bytes of blobs and training checkpoints. */
    storedBytes(): Promise<number>;
    /** `workers`: alive in the last 10 s; `devices`: as the newest of them reported. */
    server(): Promise<{
      workers: number;
      devices: readonly DeviceRow[];
      queuedDiscoveries: number;
      queuedEdits: number;
    }>;
    /** Runs that are not over, by kind and status; the age of the oldest in seconds. */
    openRuns(): Promise<{ kind: RunKind; status: RunStatus; count: number; oldestSeconds: number }[]>;
    /** On disk. */
    blobBytes(): Promise<number>;
    /** What the workers that are alive reported, each a list of prom-client's metrics. */
    workerMetrics(): Promise<unknown[][]>;
  };
  readonly tokens: TokenStore;
  readonly signingKeys: SigningKeyStore;
  close(): Promise<void>;
}
export interface Idempotency {
  readonly key: string;
  readonly fingerprint: string;
}
export interface DeviceRow {
  readonly name: string;
  readonly available: boolean;
  readonly reason: string;
  readonly chosen: boolean;
}
