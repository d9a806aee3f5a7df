import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backup, restore } from '../../src/backup/index.js';
import { openQueue, type Queue } from '../../src/jobs/queue.js';
import { putBlob, putImage } from '../../src/storage/images.js';
import { migrateDatabase, openPool, openStorage, Work } from '../../src/storage/index.js';
import type { Storage } from '../../src/storage/types.js';
import { TestDatabase } from '../helpers/database.js';
import { TINY_DISCOVERY } from '../helpers/models.js';

let from: TestDatabase;
let folder: string;
let queue: Queue;
let storage: Storage;
let runId: string;
let file: string;
const picture = { bytes: randomBytes(2_000_000), width: 2, height: 2, contentType: 'image/png' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-backup-'));
  from = await TestDatabase.start();
  queue = await openQueue(from.url, { supervises: false });
  storage = await openStorage({ url: from.url, ...queue });
  const { id: modelId } = await storage.models.create({ name: 'faces', source: '/nowhere' });
  const work = new Work(from.database);
  await work.models.finishImport((await work.take(modelId, randomUUID()))!, { hash: 'a'.repeat(64) }, async () => {});
  const config = { ...TINY_DISCOVERY, directions: 2 };
  const discovery = await storage.discoveries.start({ modelId, config, totalSteps: 400, idempotency: null });
  runId = discovery.id;
  const held = (await work.take(runId, randomUUID()))!;
  await work.trainings.saveCheckpoint(held, 1, new Uint8Array(8), new Uint8Array(8), true);
  await putImage(from.database, picture);
  // More than fits into any buffer on the way.
  for (let n = 0; n < 4; n += 1) await putBlob(from.database, randomBytes(1_000_000));
  file = join(folder, 'good.backup');
  await backup(from.url, file);
});
afterAll(async () => {
  await storage.close();
  await queue.stop();
  await from.close();
  rmSync(folder, { recursive: true, force: true });
});

const counts = async (database: Pick<TestDatabase, 'pool'>) => {
  const tables = ['model', 'run', 'event', 'discovery', 'direction', 'blob', 'image', 'checkpoint'];
  const count = async (table: string) =>
    Number((await database.pool.query(`SELECT count(*) FROM ${table}`)).rows[0].count);
  return Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await count(table)])));
};

describe('a backup', () => {
  let to: { url: string; pool: pg.Pool };
  beforeEach(async () => {
    const name = `empty_${randomBytes(4).toString('hex')}`;
    await from.pool.query(`CREATE DATABASE ${name}`);
    const url = from.url.replace('/postgres?', `/${name}?`);
    to = { url, pool: openPool(url, 2).pool };
    return () => to.pool.end();
  });

  it('has every row, and what ran waits in the queue of the new place', async () => {
    await restore(to.url, file);
    const before = await counts(from);
    // The run is QUEUED again, which its log says.
    expect(await counts(to)).toEqual({ ...before, event: before.event + 1 });
    const image = await to.pool.query('SELECT bytes FROM blob JOIN image ON blob_hash = hash');
    expect(picture.bytes.equals(image.rows[0].bytes)).toBe(true);
    const { rows } = await to.pool.query('SELECT status, last_seq, epoch FROM run WHERE id = $1', [runId]);
    expect(rows).toEqual([{ status: 'QUEUED', last_seq: 4, epoch: 2 }]);
    const jobs = await to.pool.query("SELECT name, id FROM pgboss.job WHERE state = 'created'");
    expect(jobs.rows).toContainEqual({ name: 'discovery', id: runId });
  });

  it('is refused by a database that has rows, which stay as they are', async () => {
    await migrateDatabase(to.pool);
    await to.pool.query(`INSERT INTO model (id, name, source, status) VALUES ($1, 'mine', '/mine', 'READY')`, [
      randomUUID(),
    ]);
    await expect(restore(to.url, file)).rejects.toThrow(/empty database.*rows in model/);
    expect(await counts(to)).toMatchObject({ model: 1, run: 0 });
  });

  it('leaves nothing when it is damaged, whether cut off, changed or of another kind, and a good one can follow', async () => {
    const bytes = readFileSync(file);
    const plain = gunzipSync(bytes);
    // In the middle of the blobs.
    plain[Math.floor(plain.length / 2)]! ^= 1;
    const broken: Record<string, Buffer> = {
      cut: bytes.subarray(0, bytes.length / 2),
      changed: gzipSync(plain, { level: 1 }),
      garbled: Buffer.concat([bytes.subarray(0, 5000), randomBytes(5000), bytes.subarray(10_000)]),
      other: gzipSync('{"format":"something else"}\n'),
    };
    for (const [name, content] of Object.entries(broken)) {
      writeFileSync(join(folder, name), content);
      await expect(restore(to.url, join(folder, name)), name).rejects.toMatchObject({ code: 'BACKUP' });
      expect(Object.values(await counts(to)), name).toEqual(Array(8).fill(0));
    }
    await restore(to.url, file);
    expect(await counts(to)).toMatchObject({ blob: 6 });
  });

  it('of a newer version is refused with what to do', async () => {
    const newer = gunzipSync(readFileSync(file)).toString('latin1').replace('"migrations":[', '"migrations":["x",');
    writeFileSync(join(folder, 'newer'), gzipSync(Buffer.from(newer, 'latin1')));
    await expect(restore(to.url, join(folder, 'newer'))).rejects.toThrow(/newer version/);
  });
});

it('a backup is readable by its owner only, and never writes over a file', async () => {
  expect(statSync(file).mode & 0o077).toBe(0);
  await expect(backup(from.url, file)).rejects.toThrow(/exists already/);
});
