import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Engine } from '../engine/index.js';
import {
  Bell,
  type Database,
  forgetWorker,
  openPool,
  REQUEST_CHANNEL,
  Work,
  workerConnections,
} from '../storage/index.js';
import { BlobCache } from './blob-cache.js';
import { type FileSettings, openModelFiles } from './files/open-files.js';
import { storeOldModels } from './files/store-old-models.js';
import { Interactive } from './interactive.js';
import type { JobContext } from './job.js';
import { JobRunner } from './job-runner.js';
import { keepLease } from './lease-keeper.js';
import { openQueue, type Queue } from './queue.js';
import { WorkerMetrics } from './worker-metrics.js';

const STOP_WITHIN_MS = 20_000;

export interface WorkerOptions {
  readonly url: string;
  readonly engine: Engine;
  readonly id?: string;
  readonly version: string;
  readonly logger: Logger;
  /** Where models are fetched from; without it there are only those on the disk. */
  readonly hub?: JobContext['hub'];
  /** How long a training may take to come to a checkpoint when the worker stops. */
  readonly stopWithinMs?: number;
  /** Where files of models are kept for other workers; without it each model is where it was imported from. */
  readonly files?: FileSettings;
  /** Any folder, if left out. */
  readonly modelRoots?: readonly string[];
}

export interface RunningWorker {
  readonly id: string;
  /** Hands what runs back to the queue, a training with a checkpoint of its last step, and lets go of everything. */
  stop(): Promise<void>;
}

/** Takes jobs until stopped: one of each kind at a time, edits and imports before trainings. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { url, engine, id = randomUUID(), version, hub = null, modelRoots = null } = options;
  const { stopWithinMs = STOP_WITHIN_MS } = options;
  const logger = options.logger.child({ workerId: id });
  const { pool, database } = openPool(url, 6, workerConnections(id));
  const queue = await openQueue(url, { supervises: true });
  const bell = await Bell.open(url, REQUEST_CHANNEL);
  const lease = await keepLease(url, id, engine.devices);
  const work = new Work(database);
  const metrics = new WorkerMetrics(id);
  const report = metrics.report(database);
  const files = options.files ? await openModelFiles(database, options.files) : null;
  const context: JobContext = {
    work,
    blobs: new BlobCache(work),
    engine,
    enqueue: queue.enqueue,
    interactive: new Interactive(),
    logger,
    metrics,
    version,
    files,
    hub,
    modelRoots,
  };
  const runner = new JobRunner(context, queue, bell, id);
  await runner.listen();
  const ending = new AbortController();
  const storing = files ? storeOldModels(context, files, ending.signal) : Promise.resolve();
  storing.catch((error: unknown) => logger.warn({ err: error }, 'models of older versions could not be looked up'));
  return {
    id,
    stop: async () => {
      ending.abort();
      report.stop();
      await runner.stop(stopWithinMs);
      await storing.catch(() => {});
      await lease.stop();
      await leave(queue, bell, database, id);
      await pool.end();
    },
  };
}

async function leave(queue: Queue, bell: Bell, database: Database, id: string): Promise<void> {
  await queue.stop();
  await bell.close();
  await forgetWorker(database, id);
}
