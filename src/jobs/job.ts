import type { Logger } from 'pino';
import type { Engine } from '../engine/index.js';
import type { Enqueue, Work } from '../storage/index.js';
import type { BlobCache } from './blob-cache.js';
import type { ModelFiles } from './files/model-files.js';
import type { HubSettings } from './hub/index.js';
import type { Interactive } from './interactive.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** What every job works with. */
export interface JobContext {
  readonly work: Work;
  readonly engine: Engine;
  readonly enqueue: Enqueue;
  readonly interactive: Interactive;
  /** Blobs that were needed lately. */
  readonly blobs: BlobCache;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
  readonly version: string;
  /** Files of models, for any worker; null: each is where it was imported from. */
  readonly files: ModelFiles | null;
  /** Folders below which `path` may import; null for any. */
  readonly modelRoots: readonly string[] | null;
  /** Where models are fetched from, and the folder that they are fetched to; null: nowhere. */
  readonly hub: { readonly hub: HubSettings; readonly cache: string } | null;
}

/** How a job learns that it shall stop. */
export interface JobSignals {
  /** Stop between two session runs: cancelled, or the worker is going. */
  readonly signal: AbortSignal;
  /** Stop at the next point that can be gone on from. */
  readonly pause: AbortSignal;
  /** The worker is going: as `pause`, for somebody else to go on. */
  readonly leave: AbortSignal;
}
