import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../src/server.js';
import { ApiClient } from '../helpers/client.js';
import { TestDatabase } from '../helpers/database.js';

/** What a client is told while the database is full or away. */

let db: TestDatabase;
let server: RunningServer;
let api: ApiClient;

beforeAll(async () => {
  db = await TestDatabase.start();
  const logger = pino({ level: 'silent' });
  const common = { host: '127.0.0.1', port: 0, dataDir: db.folder, databaseUrl: db.url, device: 'cpu', logger };
  server = await startServer({ ...common, worker: false });
  api = new ApiClient(server.url);
});
afterAll(async () => {
  await server.close();
  await db.close();
});

const IMPORT = 'mutation { importModel(input: { path: "/nowhere" }) { id } }';

async function upload(): Promise<{ status: number; code: string }> {
  const create = { width: 8, height: 8, channels: 3, background: 'teal' } as const;
  const body = new Uint8Array(await sharp({ create }).png().toBuffer());
  const answer = await fetch(`${server.url}/images`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body,
  });
  const { errors } = (await answer.json()) as { errors: { extensions: { code: string } }[] };
  return { status: answer.status, code: errors?.[0]?.extensions.code ?? '' };
}

test('a full database refuses with STORAGE_FULL and says what to do, and takes the same once there is room', async () => {
  await db.pool.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`);
  for (const table of ['run', 'blob'])
    await db.pool.query(`CREATE TRIGGER full_disk BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse()`);
  const error = await api.errorOf(IMPORT);
  expect(error.extensions.code).toBe('STORAGE_FULL');
  expect(error.message).toMatch(/no room.*try this again/);
  expect(await upload()).toEqual({ status: 507, code: 'STORAGE_FULL' });
  await db.pool.query('DROP FUNCTION refuse CASCADE');
  await api.query(IMPORT);
  expect((await upload()).status).toBe(201);
});

test('a database that is away is said to be so, without the address it was sought at', async () => {
  await db.unreachable(async () => {
    await db.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
    );
    const error = await api.errorOf(IMPORT);
    expect(error.extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(error.message).toBe(
      'The database cannot be reached just now. What was acknowledged is kept; try this again.',
    );
    expect(await upload()).toEqual({ status: 503, code: 'INTERNAL_SERVER_ERROR' });
  });
  await api.query(IMPORT);
});
