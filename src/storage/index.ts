import { mkdirSync } from 'node:fs';
import { ACCESS_CHANNEL, Bell, EVENT_CHANNEL } from './bell.js';
import { migrateDatabase, openPool } from './connection.js';
import { directionFileStore } from './direction-files.js';
import { directionStore } from './directions.js';
import { discoveryStore } from './discoveries.js';
import { editStore } from './edits.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { followEvents } from './events.js';
import { imageStore } from './images.js';
import { modelStore } from './models.js';
import { type Jobs, runStore } from './runs.js';
import { signingKeyStore } from './signing-keys.js';
import { tokenStore } from './tokens.js';
import type { Storage } from './types.js';
import { statusStore } from './workers.js';

export { Bell, REQUEST_CHANNEL } from './bell.js';
export { type Database, migrateDatabase, openPool, type Queryable } from './connection.js';
export type { NewFrame } from './edit-log.js';
export { type EditOutcome, frameKey } from './edit-work.js';
export { StaleEpochError, StorageError } from './errors.js';
export { CHUNK_BYTES, DatabaseFiles, type FileStore } from './file-store.js';
export { queueKey, wakeWorkers } from './hand-over.js';
export type { Held } from './held.js';
export type { NewImage } from './images.js';
export { reportMetrics } from './metrics.js';
export { filesOfModel, putFilesOfModel, type StoredModel } from './model-files.js';
export { isPassing } from './outages.js';
export type { Keep } from './retention/keep.js';
export { Retention } from './retention/retention.js';
export { startRetention } from './retention/timer.js';
export type { Dequeue, Enqueue, Jobs } from './runs.js';
export { S3Files } from './s3-files.js';
export { readS3Place, type S3Place } from './s3-url.js';
export { signingKeyStore } from './signing-keys.js';
export { tokenStore } from './tokens.js';
export type { Storage } from './types.js';
export { Work } from './work.js';
export {
  abandonedRuns,
  allowAnotherTry,
  endTransactionsOf,
  finishedJobs,
  forgetOldWorkers,
  forgetWorker,
  strandedJobs,
  workerConnections,
} from './workers.js';

const POOL_SIZE = 10;

/** `databaseUrl`, or with null the embedded PostgreSQL in `dataDir`. */
export async function openDatabase({
  databaseUrl,
  dataDir,
}: {
  databaseUrl: string | null;
  dataDir: string;
}): Promise<{ url: string; stop(): Promise<void> }> {
  mkdirSync(dataDir, { recursive: true });
  if (databaseUrl !== null) return { url: databaseUrl, stop: async () => {} };
  return startEmbeddedPostgres(dataDir);
}

/** Brings the schema up to date, for a process that serves nothing of it. */
export async function prepareDatabase(url: string): Promise<void> {
  const { pool } = openPool(url, 1);
  try {
    await migrateDatabase(pool);
  } finally {
    await pool.end();
  }
}

/** Migrates, and gives what resolvers use. `enqueue` puts a job into the queue within a transaction. */
export async function openStorage({ url, enqueue, dequeue }: { url: string } & Jobs): Promise<Storage> {
  const { pool, database } = openPool(url, POOL_SIZE);
  await migrateDatabase(pool);
  const bell = await Bell.open(url, EVENT_CHANNEL);
  const accessBell = await Bell.open(url, ACCESS_CHANNEL);
  return {
    models: modelStore(database, enqueue),
    discoveries: discoveryStore(database, enqueue),
    directions: directionStore(database),
    directionFiles: directionFileStore(database),
    edits: editStore(database, { enqueue, dequeue }),
    runs: runStore(database, { enqueue, dequeue }),
    events: { follow: (runId, after, signal) => followEvents(database, bell, runId, after, signal) },
    images: imageStore(database),
    status: statusStore(database),
    tokens: tokenStore(database, accessBell),
    signingKeys: signingKeyStore(database),
    close: async () => {
      await bell.close();
      await accessBell.close();
      await pool.end();
    },
  };
}
