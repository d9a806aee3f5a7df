import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openQueue, type Queue } from '../../src/jobs/index.js';
import { type RunningWorker, startWorker } from '../../src/jobs/worker.js';
import { isPassing, openStorage, type Storage } from '../../src/storage/index.js';
import { TestDatabase } from '../helpers/database.js';
import { FakeEngine } from '../helpers/fake-engine.js';

/** A worker whose database is away or full for a while, with nobody beside it who would notice. */

const logger = pino({ level: 'silent' });
let db: TestDatabase;
let queue: Queue;
let storage: Storage;
let modelId: string;
let engine: FakeEngine;
let worker: RunningWorker;

beforeAll(async () => {
  db = await TestDatabase.start();
  queue = await openQueue(db.url, { supervises: false });
  storage = await openStorage({ url: db.url, ...queue });
});
afterAll(async () => {
  await storage.close();
  await queue.stop();
  await db.close();
});
beforeEach(async () => {
  engine = new FakeEngine();
  worker = await startWorker({ url: db.url, engine, version: 'test', logger });
  modelId ??= (await storage.models.create({ name: 'fake', source: '/nowhere' })).id;
  await until(async () => (await storage.models.byIds([modelId]))[0]?.status === 'READY');
});
afterEach(() => worker.stop());

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not come to that');
    await setTimeout(20);
  }
}

async function edit(seed: number): Promise<string> {
  const fields = { samplingSteps: 5, reverseProcess: 'SYMMETRIC', eta: 0, previewEvery: 1, previewSize: null };
  const none = { imageId: null, shifts: [], warnings: [], options: {}, replaces: null, rerunOfId: null };
  return (await storage.edits.start({ ...fields, ...none, modelId, seed, idempotency: null })).id;
}

const statusOf = async (id: string) => (await storage.runs.byIds([id]).catch(() => []))[0]?.status;

/** Breaks every connection but that of the test. */
const BREAK_ALL =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";

it('a connection that breaks under a transaction is an outage, whatever its ROLLBACK says', async () => {
  const breaking = db.database.transaction(async (tx) => {
    const { rows } = await tx.execute<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await db.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await setTimeout(200);
    await tx.execute('SELECT 1');
  });
  expect(isPassing(await breaking.catch((error: unknown) => error))).toBe(true);
});

describe('a worker', () => {
  it('whose database goes away as it takes a run takes it once it is back', async () => {
    await worker.stop();
    const id = await edit(1);
    const [holder, breaker] = [await db.pool.connect(), await db.pool.connect()];
    holder.on('error', () => {});
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM run WHERE id = $1 FOR UPDATE', [id]);
    worker = await startWorker({ url: db.url, engine, version: 'test', logger });
    const taking = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%update "run"%'`;
    await until(async () => (await breaker.query(taking)).rows.length > 0);
    await db.unreachable(async () => {
      await breaker.query(BREAK_ALL);
      await setTimeout(1500);
    });
    holder.release(true);
    breaker.release();
    await until(async () => (await statusOf(id)) === 'SUCCEEDED');
  });

  it('whose database breaks off more often than an edit may kill its process finishes the edit after all', async () => {
    const OUTAGES = 5;
    engine.duringEdit = async () => {
      // What a write throws when it is caught by one.
      if (engine.edits <= OUTAGES) throw Object.assign(new Error('shutting down'), { code: '57P01' });
    };
    const id = await edit(2);
    await until(async () => ['SUCCEEDED', 'FAILED'].includes((await statusOf(id)) ?? ''));
    expect(await statusOf(id)).toBe('SUCCEEDED');
    expect(engine.edits).toBe(OUTAGES + 1);
  });

  it.each([
    ['53100', 'is full'],
    ['40P01', 'has a deadlock'],
  ])('whose database refuses with %s, because it %s, goes on with the run once it can', async (code) => {
    await db.pool.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '${code}'; END $$`);
    engine.duringEdit = async () => {
      if (engine.edits > 1) return;
      // A status is a small row, for which there may be room.
      await db.pool.query(`CREATE TRIGGER full_disk BEFORE INSERT ON event FOR EACH ROW
        WHEN (NEW.type <> 'StatusChanged') EXECUTE FUNCTION refuse()`);
      void setTimeout(1500).then(() => db.pool.query('DROP TRIGGER full_disk ON event; DROP FUNCTION refuse'));
    };
    const id = await edit(Number.parseInt(code, 36));
    await until(async () => ['SUCCEEDED', 'FAILED'].includes((await statusOf(id)) ?? ''));
    expect(await statusOf(id)).toBe('SUCCEEDED');
  });
});
