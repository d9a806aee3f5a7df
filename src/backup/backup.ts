import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { packageFile, packageVersion } from '../package.js';
import { BackupError, chunkLength, FORMAT, FORMAT_VERSION, line, type TableStart } from './archive.js';
import { appliedMigrations } from './schema.js';
import { columnList, JOBS, JOBS_QUERY, quoted, tablesOf } from './tables.js';

export interface BackupSummary {
  readonly bytes: number;
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * Writes one moment of the whole database to `file`, while servers and workers go on. Memory does not grow with it. The
 * file appears when it is complete; it holds everything, tokens' hashes included, and only its owner can read it. Throws
 * BackupError where `file` exists, or there is nothing to back up.
 */
export async function backup(databaseUrl: string, file: string): Promise<BackupSummary> {
  if (await exists(file)) throw new BackupError(`${file} exists already. Choose another name, or remove it.`);
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'azimuth-backup' });
  client.on('error', () => {});
  await client.connect();
  const partial = `${file}.partial`;
  const rows: Record<string, number> = {};
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // Previews are compressed already; what is not is mostly text.
    const target = createWriteStream(partial, { mode: 0o600 });
    await pipeline(Readable.from(archiveOf(client, rows), { objectMode: false }), createGzip({ level: 1 }), target);
    await rename(partial, file);
    return { bytes: (await stat(file)).size, rows };
  } finally {
    await client.end();
    await rm(partial, { force: true });
  }
}

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

async function* archiveOf(client: pg.Client, rows: Record<string, number>): AsyncGenerator<Buffer, void, void> {
  const migrations = await appliedMigrations(client);
  if (migrations.length === 0)
    throw new BackupError(
      'The database has no tables of Azimuth. Set DATABASE_URL or AZIMUTH_DATA as the server has it.',
    );
  yield line({
    format: FORMAT,
    version: FORMAT_VERSION,
    createdAt: new Date().toISOString(),
    azimuth: packageVersion(),
    migrations,
    packageFolder: packageFile(''),
  });
  const tables = await tablesOf(client);
  for (const table of tables)
    yield* tableOf(client, table, `SELECT ${columnList(table.columns)} FROM ${quoted(table.table)}`, rows);
  const { rows: queue } = await client.query("SELECT to_regclass('pgboss.job') AS job");
  const hasQueue = queue[0]?.job !== null;
  if (hasQueue) yield* tableOf(client, JOBS, JOBS_QUERY, rows);
  yield line({ end: true, tables: tables.length + (hasQueue ? 1 : 0) });
}

async function* tableOf(
  client: pg.Client,
  table: TableStart,
  query: string,
  rows: Record<string, number>,
): AsyncGenerator<Buffer, void, void> {
  yield line(table);
  const hash = createHash('sha256');
  const stream = client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`));
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunkLength(chunk.length);
    yield chunk;
  }
  yield chunkLength(0);
  rows[table.table] = stream.rowCount;
  yield line({ rows: stream.rowCount, sha256: hash.digest('hex') });
}
