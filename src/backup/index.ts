import { openQueue } from '../jobs/queue.js';
import { abandonedRuns, migrateDatabase, openPool, Work } from '../storage/index.js';
import { type EnqueueRestored, type Restored, restoreTables } from './restore.js';

export { BackupError } from './archive.js';
export { type BackupSummary, backup } from './backup.js';
export type { Restored } from './restore.js';

/** Restores tables and queue, and brings both up to date: what ran goes on from its last checkpoint. Throws BackupError. */
export async function restore(databaseUrl: string, file: string): Promise<Restored> {
  const restored = await restoreTables(databaseUrl, file, enqueueIn(databaseUrl));
  const { pool, database } = openPool(databaseUrl, 2);
  try {
    await migrateDatabase(pool);
    const work = new Work(database);
    // Their workers are of another time.
    for (const { id: runId, epoch } of await abandonedRuns(database, null))
      await work.handOver({ runId, epoch }, async () => null);
    return restored;
  } finally {
    await pool.end();
  }
}

function enqueueIn(databaseUrl: string): EnqueueRestored {
  return async (client, jobs) => {
    const { boss, stop } = await openQueue(databaseUrl, { supervises: false });
    try {
      const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) };
      for (const { name, id, data } of jobs) await boss.send(name, data, { id, db });
    } finally {
      await stop();
    }
  };
}
