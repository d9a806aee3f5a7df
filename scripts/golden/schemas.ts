import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { packageFile } from '../../src/package.js';
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres.js';
import { dumpRows, insertRow } from './dump.js';
import { rowsOfASmallStudio } from './schema-rows.js';

/**
 * Writes a database as each earlier version of the schema left it: test/golden/schemas/<migration>.sql. One that is there
 * stays as it is, since it says what that version did; so run this once a migration has come.
 */

interface Migration {
  readonly tag: string;
  readonly when: number;
}

const MIGRATIONS = packageFile('src/storage/migrations');
const DUMPS = packageFile('test/golden/schemas');

const { entries, ...journal } = JSON.parse(readFileSync(join(MIGRATIONS, 'meta/_journal.json'), 'utf8')) as {
  readonly entries: readonly Migration[];
};
const folder = mkdtempSync(join(tmpdir(), 'azimuth-schemas-'));
const postgres = await startEmbeddedPostgres(join(folder, 'data'));
try {
  for (const [place, { tag }] of entries.slice(0, -1).entries()) {
    const file = join(DUMPS, `${tag.slice(0, 4)}.sql`);
    if (existsSync(file)) continue;
    writeFileSync(file, await dumpOf(entries.slice(0, place + 1)));
    console.log(file);
  }
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** A database that these migrations made, filled, as SQL. */
async function dumpOf(applied: readonly Migration[]): Promise<string> {
  const name = `schema_${applied.length}`;
  await asking(postgres.url, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return asking(url.href, async (client) => {
    await migrate(drizzle(client), { migrationsFolder: folderOf(applied) });
    for (const row of await rowsOfASmallStudio()) await insertRow(client, row);
    return [
      `-- The schema after ${applied.at(-1)?.tag}, by \`npm run golden:schemas\`.`,
      ...schema(applied),
      await dumpRows(client),
    ].join('\n');
  });
}

/** The migrations, as a version of this package had them that knew no others. */
function folderOf(applied: readonly Migration[]): string {
  const copy = join(folder, String(applied.length));
  mkdirSync(join(copy, 'meta'), { recursive: true });
  writeFileSync(join(copy, 'meta/_journal.json'), JSON.stringify({ ...journal, entries: applied }));
  for (const { tag } of applied) writeFileSync(join(copy, `${tag}.sql`), statements(tag));
  return copy;
}

function statements(tag: string): string {
  return readFileSync(join(MIGRATIONS, `${tag}.sql`), 'utf8');
}

/** Tables, constraints and indexes, with those that the migrator keeps for itself. */
function schema(applied: readonly Migration[]): string[] {
  return [
    'CREATE SCHEMA drizzle;',
    'CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);',
    ...applied.map(({ tag }) => statements(tag).replaceAll('--> statement-breakpoint', '')),
  ];
}

async function asking<Answer>(url: string, ask: (client: pg.Client) => Promise<Answer>): Promise<Answer> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}
