import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss } from 'pg-boss';
import type { Dequeue, Enqueue } from '../storage/index.js';

/** One queue a kind of work: edits never wait behind a training. */
export const QUEUES = ['edit', 'sweep', 'import', 'gallery', 'estimate', 'directions', 'merge', 'discovery'] as const;
export type QueueName = (typeof QUEUES)[number];

const HOUR = 3600;
/**
 * How often a job is tried again after its process died, and how long it may take. A training survives many kills, since
 * each resumes from a checkpoint. An edit that kills its process is given up in the end; how often must leave room for one that
 * others kill again and again (three times in ten seconds did happen in `npm run chaos`).
 */
const LIMITS: Readonly<Record<QueueName, { retryLimit: number; expireInSeconds: number }>> = {
  edit: { retryLimit: 5, expireInSeconds: HOUR },
  sweep: { retryLimit: 5, expireInSeconds: HOUR },
  // It may have gigabytes to fetch. Each worker that does not see its folder counts as a try; hand-back.ts bounds those that died.
  import: { retryLimit: 1000, expireInSeconds: 12 * HOUR },
  gallery: { retryLimit: 2, expireInSeconds: HOUR },
  // Somebody waits for it.
  estimate: { retryLimit: 1, expireInSeconds: 300 },
  directions: { retryLimit: 0, expireInSeconds: 300 },
  merge: { retryLimit: 1, expireInSeconds: 300 },
  discovery: { retryLimit: 50, expireInSeconds: 23 * HOUR },
};

const RUN_QUEUES: ReadonlySet<QueueName> = new Set(['edit', 'sweep', 'import', 'discovery']);
const COMMON = { retryDelay: 0, retryBackoff: false, deleteAfterSeconds: 24 * HOUR, notify: true };

export interface Queue {
  readonly boss: PgBoss;
  readonly enqueue: Enqueue;
  readonly dequeue: Dequeue;
  stop(): Promise<void>;
}

/** Opens pg-boss, in a schema of its own, with every queue. `supervises`: this process does its housekeeping. */
export async function openQueue(url: string, { supervises }: { supervises: boolean }): Promise<Queue> {
  const boss = new PgBoss({
    connectionString: url,
    max: 4,
    application_name: 'azimuth-queue',
    useListenNotify: true,
    supervise: supervises,
    schedule: false,
  });
  // pg-boss retries by itself; an unheard 'error' event would end the process.
  boss.on('error', () => {});
  await boss.start();
  for (const name of QUEUES) {
    const options = { ...LIMITS[name], ...COMMON };
    // What has a run has a lease. A queue's own heartbeat comes from the thread that a session run blocks, perhaps for minutes.
    const heartbeatSeconds = RUN_QUEUES.has(name) ? null : 60;
    await boss.createQueue(name, heartbeatSeconds === null ? options : { ...options, heartbeatSeconds });
    // A queue that was there before keeps its settings otherwise.
    await boss.updateQueue(name, { ...options, heartbeatSeconds });
  }
  const enqueue: Enqueue = async (tx, name, id, data) => {
    await boss.send(name, data, { id, db: fromDrizzle(tx, sql) });
  };
  const dequeue: Dequeue = async (tx, name, id) => {
    await boss.deleteJob(name, id, { db: fromDrizzle(tx, sql) });
  };
  return { boss, enqueue, dequeue, stop: () => boss.stop({ graceful: false, close: true }) };
}
