import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageFile } from '../../src/package.js';
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres.js';
import { migrateDatabase, openPool, Work } from '../../src/storage/index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-migrations-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The migrations up to and including `tag`, as an older version of this package had them. */
function migrationsUpTo(tag: string): string {
  const copy = join(folder, 'migrations');
  cpSync(packageFile('src/storage/migrations'), copy, { recursive: true });
  const journal = join(copy, 'meta/_journal.json');
  const all = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { tag: string }[] };
  const last = all.entries.findIndex((entry) => entry.tag === tag);
  writeFileSync(journal, JSON.stringify({ ...all, entries: all.entries.slice(0, last + 1) }));
  return copy;
}

it('a database of an older version is brought up to date with its directions, whose fidelity nobody measured', async () => {
  const { url, stop } = await startEmbeddedPostgres(join(folder, 'data'));
  const { pool, database } = openPool(url, 2);
  try {
    await migrate(drizzle(pool), { migrationsFolder: migrationsUpTo('0001_pause') });
    const [model, direction] = ['0a0a0a0a-0000-4000-8000-000000000001', '0a0a0a0a-0000-4000-8000-000000000002'];
    await pool.query(`INSERT INTO model (id, name, source, status) VALUES ($1, 'old', '/old', 'READY')`, [model]);
    await pool.query(
      `INSERT INTO direction (id, model_id, origin, index, kind, reverse_process, sampling_steps, name, score)
       VALUES ($1, $2, 'LEARNED', 0, 'SUBSPACE', 'SYMMETRIC', 10, 'old', 0.5)`,
      [direction, model],
    );
    await migrateDatabase(pool);
    const rows = await new Work(database).directions([direction]);
    expect(rows).toMatchObject([
      { name: 'old', score: 0.5, fidelity: [], fidelityBaseline: null, strengthRange: null },
    ]);
    // Once more changes nothing.
    await migrateDatabase(pool);
  } finally {
    await pool.end();
    await stop();
  }
});
