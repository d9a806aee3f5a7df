import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { packageFile } from '../package.js';
import { BackupError } from './archive.js';

const FOLDER = packageFile('src/storage/migrations');

/** Hashes of the migrations that a database has had, oldest first. */
export async function appliedMigrations(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query("SELECT to_regclass('drizzle.__drizzle_migrations') AS journal");
  if (rows[0]?.journal === null) return [];
  const applied = await client.query<{ hash: string }>('SELECT hash FROM drizzle.__drizzle_migrations ORDER BY id');
  return applied.rows.map(({ hash }) => hash);
}

/** Gives an empty database the tables that a backup had. Throws BackupError for a backup of a newer version. */
export async function makeTables(client: pg.ClientBase, migrations: readonly string[]): Promise<void> {
  const known = readMigrationFiles({ migrationsFolder: FOLDER }).map(({ hash }) => hash);
  if (migrations.length > known.length || migrations.some((hash, index) => hash !== known[index]))
    throw new BackupError(
      'The backup was made by a newer version of Azimuth, or by another branch of it. Restore it with the version that made it, or a newer one.',
    );
  const folder = await mkdtemp(join(tmpdir(), 'azimuth-restore-'));
  try {
    await cp(FOLDER, folder, { recursive: true });
    const journal = join(folder, 'meta/_journal.json');
    const all = JSON.parse(await readFile(journal, 'utf8')) as { entries: unknown[] };
    await writeFile(journal, JSON.stringify({ ...all, entries: all.entries.slice(0, migrations.length) }));
    await migrate(drizzle(client as pg.Client), { migrationsFolder: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
