import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageFile } from '../../src/package.js';
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres.js';
import { isPassing, migrateDatabase, openPool } from '../../src/storage/index.js';
import { processesWith } from '../helpers/processes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-pg-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  it('keeps what was committed over a stop, listens on no port, and syncs to disk', async () => {
    const first = await startEmbeddedPostgres(folder);
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    for (const [setting, value] of [
      ['listen_addresses', ''],
      ['fsync', 'on'],
      ['synchronous_commit', 'on'],
    ] as const) {
      expect((await query(first.url, `SHOW ${setting}`)).rows[0][setting]).toBe(value);
    }
    await first.stop();
    expect(processesWith(folder)).toEqual([]);
    const second = await startEmbeddedPostgres(folder);
    expect((await query(second.url, 'SELECT value FROM kept')).rows).toEqual([{ value: 7 }]);
    await second.stop();
  });

  it('that survived its server is found again, and is not stopped under somebody who uses it', async () => {
    const owner = await startEmbeddedPostgres(folder);
    const finder = await startEmbeddedPostgres(folder);
    expect(finder.url).toBe(owner.url);
    const user = new pg.Client({ connectionString: owner.url });
    await user.connect();
    await finder.stop();
    expect((await user.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await user.end();
    await owner.stop();
    expect(processesWith(folder)).toEqual([]);
  });

  it('starts again after kill -9, with what was committed', async () => {
    const first = await startEmbeddedPostgres(folder);
    await query(first.url, 'CREATE TABLE kept AS SELECT 8 AS value');
    for (const { pid } of processesWith(folder)) process.kill(pid, 'SIGKILL');
    const second = await startEmbeddedPostgres(folder);
    expect((await query(second.url, 'SELECT value FROM kept')).rows).toEqual([{ value: 8 }]);
    await second.stop();
  });

  it('is migrated once by four nodes that start together', async () => {
    const { url, stop } = await startEmbeddedPostgres(folder);
    const pools = Array.from({ length: 4 }, () => openPool(url, 2).pool);
    await Promise.all(pools.map(migrateDatabase));
    const { rows } = await query(url, 'SELECT count(*)::int AS count FROM drizzle.__drizzle_migrations');
    const { entries } = JSON.parse(readFileSync(packageFile('src/storage/migrations/meta/_journal.json'), 'utf8'));
    expect(rows[0].count).toBe(entries.length);
    await Promise.all(pools.map((pool) => pool.end()));
    await stop();
  });

  it('that went away is told apart from a refusal', async () => {
    const { url, stop } = await startEmbeddedPostgres(folder);
    const refused = await query(url, 'SELECT nonsense').catch((error: unknown) => error);
    expect(isPassing(refused)).toBe(false);
    await stop();
    const gone = await query(url, 'SELECT 1').catch((error: unknown) => error);
    expect(isPassing(gone)).toBe(true);
    expect(isPassing(new Error('wrapped', { cause: gone }))).toBe(true);
  });
});
