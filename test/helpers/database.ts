import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { type Database, migrateDatabase, openDatabase, openPool } from '../../src/storage/index.js';

/** A real PostgreSQL in a folder of its own, migrated. */
export class TestDatabase {
  private constructor(
    readonly url: string,
    readonly folder: string,
    readonly pool: pg.Pool,
    readonly database: Database,
    private readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<TestDatabase> {
    const folder = mkdtempSync(join(tmpdir(), 'azimuth-db-'));
    const { url, stop } = await openDatabase({ databaseUrl: null, dataDir: folder });
    const { pool, database } = openPool(url, 8);
    await migrateDatabase(pool);
    return new TestDatabase(url, folder, pool, database, stop);
  }

  /** Ends the LISTEN connections, as a network that breaks would. */
  async dropListeners(): Promise<void> {
    await this.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'azimuth-listen'",
    );
  }

  /** While `during` runs nobody can connect, as when the server is down; established connections stay. */
  async unreachable(during: () => Promise<void>): Promise<void> {
    const socket = join(new URL(this.url).searchParams.get('host') ?? '', '.s.PGSQL.5432');
    renameSync(socket, `${socket}.away`);
    try {
      await during();
    } finally {
      renameSync(`${socket}.away`, socket);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
