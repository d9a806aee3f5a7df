import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { packageFile } from '../package.js';
import {
  type ArchiveHeader,
  ArchiveReader,
  BackupError,
  damaged,
  FORMAT,
  FORMAT_VERSION,
  type TableStart,
} from './archive.js';
import { appliedMigrations, makeTables } from './schema.js';
import { columnList, JOBS, quoted, tablesOf } from './tables.js';

export interface RestoredJob {
  readonly name: string;
  readonly id: string;
  readonly data: object;
}

export interface Restored {
  readonly createdAt: string;
  readonly azimuth: string;
  readonly rows: Readonly<Record<string, number>>;
  /** That wait for a worker. */
  readonly jobs: number;
}

/** Puts jobs into the queue, in the transaction of `client`. */
export type EnqueueRestored = (client: pg.ClientBase, jobs: readonly RestoredJob[]) => Promise<void>;

/**
 * Puts a backup into an empty database, all of it or nothing: numbers and hashes are compared before anything counts.
 * Throws BackupError for a database that has rows, a damaged file, or one of a newer version.
 */
export async function restoreTables(databaseUrl: string, file: string, enqueue: EnqueueRestored): Promise<Restored> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'azimuth-restore' });
  client.on('error', () => {});
  await client.connect();
  const bytes = new PassThrough();
  // What breaks it is thrown by whoever reads.
  pipeline(createReadStream(file), createGunzip(), bytes).catch(() => {});
  try {
    const reader = new ArchiveReader(bytes);
    const header = await readHeader(reader);
    await requireEmpty(client, header);
    await makeTables(client, header.migrations);
    await client.query('BEGIN');
    const rows = await copyTables(client, reader);
    await adopt(client, header);
    const jobs = await jobsOf(client);
    await enqueue(client, jobs);
    await client.query('COMMIT');
    return { createdAt: header.createdAt, azimuth: header.azimuth, rows, jobs: jobs.length };
  } catch (error) {
    if (codeOf(error).startsWith('Z_')) throw damaged('it cannot be unpacked', error);
    throw UNREADABLE.test(codeOf(error)) ? damaged('its rows cannot be read', error) : error;
  } finally {
    bytes.destroy();
    await client.end();
  }
}

/** What PostgreSQL says of rows that are none: data exceptions, integrity, limits of the program, protocol. */
const UNREADABLE = /^(22|23|54)...$|^08P01$/;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

async function readHeader(reader: ArchiveReader): Promise<ArchiveHeader> {
  const header = await reader.line();
  if (header['format'] !== FORMAT) throw new BackupError('The file is not a backup of Azimuth.');
  if (header['version'] !== FORMAT_VERSION)
    throw new BackupError(
      `The backup has format ${header['version']}; this version of Azimuth reads ${FORMAT_VERSION}.`,
    );
  return header as unknown as ArchiveHeader;
}

/** Tables without rows may be there, of the backup's own version: a restore that was broken off leaves them. */
async function requireEmpty(client: pg.Client, { migrations }: ArchiveHeader): Promise<void> {
  const applied = await appliedMigrations(client);
  const tables = await tablesOf(client);
  const isSame = applied.length === migrations.length && applied.every((hash, index) => hash === migrations[index]);
  const full = [];
  for (const { table } of tables)
    if ((await client.query(`SELECT FROM ${quoted(table)} LIMIT 1`)).rowCount) full.push(table);
  if (full.length === 0 && (tables.length === 0 || isSame)) return;
  const what = full.length > 0 ? `rows in ${full.join(', ')}` : 'tables of another version';
  throw new BackupError(
    `A backup goes into an empty database only; this one has ${what}. Create a new one, or choose another AZIMUTH_DATA. Nothing was changed.`,
  );
}

async function copyTables(client: pg.Client, reader: ArchiveReader): Promise<Record<string, number>> {
  await client.query(`CREATE TEMPORARY TABLE job (name text, id uuid, data jsonb) ON COMMIT DROP`);
  const known = await tablesOf(client);
  const rows: Record<string, number> = {};
  for (let head = await reader.line(); head['end'] !== true; head = await reader.line()) {
    const { table, columns } = head as unknown as TableStart;
    const isKnown = table === JOBS.table || known.some((one) => one.table === table);
    if (!isKnown) throw damaged(`it has a table "${table}" that its version does not have`);
    rows[table] = await copyTable(client, reader, { table, columns });
  }
  return rows;
}

async function copyTable(client: pg.Client, reader: ArchiveReader, { table, columns }: TableStart): Promise<number> {
  const schema = table === JOBS.table ? 'pg_temp' : 'public';
  const target = client.query(
    copyFrom(`COPY ${schema}.${quoted(table)} (${columnList(columns)}) FROM STDIN (FORMAT binary)`),
  );
  const hash = createHash('sha256');
  async function* bytes() {
    for await (const chunk of reader.chunks()) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(Readable.from(bytes(), { objectMode: false }), target);
  const end = await reader.line();
  if (end['sha256'] !== hash.digest('hex')) throw damaged(`the bytes of "${table}" are not those that were written`);
  if (end['rows'] !== target.rowCount) throw damaged(`"${table}" has ${target.rowCount} rows of ${end['rows']}`);
  return target.rowCount;
}

/** Models that ship lie in this package now; identities go on after the highest. */
async function adopt(client: pg.Client, { packageFolder }: ArchiveHeader): Promise<void> {
  for (const column of ['source', 'path'])
    await client.query(
      `UPDATE model SET ${column} = $2 || substr(${column}, length($1) + 1) WHERE starts_with(${column}, $1)`,
      [packageFolder, packageFile('')],
    );
  const { rows } = await client.query<{ table: string; column: string }>(
    `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
     WHERE table_schema = 'public' AND is_identity = 'YES'`,
  );
  for (const { table, column } of rows)
    await client.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), coalesce(max(${quoted(column)}), 0) + 1, false) FROM ${quoted(table)}`,
      [`public.${quoted(table)}`, column],
    );
}

async function jobsOf(client: pg.Client): Promise<RestoredJob[]> {
  return (await client.query<RestoredJob>("SELECT name, id, coalesce(data, '{}') AS data FROM pg_temp.job")).rows;
}
