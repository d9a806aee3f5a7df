import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../src/engine/index.js';
import { createMerger, openQueue, type Queue } from '../../src/jobs/index.js';
import { type RunningWorker, startWorker } from '../../src/jobs/worker.js';
import { type Held, openStorage, StaleEpochError, type Storage, Work } from '../../src/storage/index.js';
import type { EventRow } from '../../src/storage/types.js';
import { TestDatabase } from '../helpers/database.js';
import { NEW_EDIT } from '../helpers/edits.js';
import { FakeEngine } from '../helpers/fake-engine.js';
import { TINY_DISCOVERY } from '../helpers/models.js';

const logger = pino({ level: 'silent' });
const signal = new AbortController().signal;
let db: TestDatabase;
let queue: Queue;
let storage: Storage;
let modelId: string;
let engine: FakeEngine;
let worker: RunningWorker | null = null;

beforeAll(async () => {
  db = await TestDatabase.start();
  queue = await openQueue(db.url, { supervises: false });
  storage = await openStorage({ url: db.url, ...queue });
  engine = new FakeEngine();
  await start();
  modelId = (await storage.models.create({ name: 'fake', source: '/nowhere' })).id;
  await events(modelId);
  await stop();
});
afterAll(async () => {
  await storage.close();
  await queue.stop();
  await db.close();
});
beforeEach(() => {
  engine = new FakeEngine();
});
afterEach(stop);

async function start(): Promise<void> {
  worker = await startWorker({ url: db.url, engine, version: 'test', logger });
}

async function stop(): Promise<void> {
  await worker?.stop();
  worker = null;
}

/** A seed of its own each, so that none is served from what another left. */
let seed = 100;
const edit = async (fields: object = {}) =>
  (await storage.edits.start({ ...NEW_EDIT, modelId, seed: ++seed, ...fields })).id;

async function events(runId: string): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  for await (const row of storage.events.follow(runId, 0, signal)) rows.push(row);
  return rows;
}

const statuses = async (runId: string) =>
  (await events(runId)).filter(({ type }) => type === 'StatusChanged').map(({ payload }) => payload['status']);

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Until the run was cancelled or the worker stops. */
const aborted = (run: AbortSignal) =>
  new Promise<void>((_, reject) => {
    const end = () => reject(new EngineError('CANCELLED', 'cancelled'));
    if (run.aborted) end();
    run.addEventListener('abort', end, { once: true });
  });

describe('a worker', () => {
  it('drains a backlog, each job once', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => edit()));
    await start();
    const all = await Promise.all(ids.map(statuses));
    expect(all).toEqual(ids.map(() => ['QUEUED', 'RUNNING', 'SUCCEEDED']));
    expect(engine.edits).toBe(12);
  });

  it('turns a typed error into a FAILED run with its code, and tries nothing again', async () => {
    engine.duringEdit = async () => {
      throw new EngineError('OUT_OF_MEMORY', 'too large');
    };
    await start();
    const id = await edit();
    expect((await events(id)).at(-1)?.payload).toMatchObject({
      status: 'FAILED',
      error: { code: 'OUT_OF_MEMORY', message: 'too large' },
    });
    expect(engine.edits).toBe(1);
  });

  it('turns anything else into INTERNAL_SERVER_ERROR', async () => {
    engine.duringEdit = async () => {
      throw new TypeError('x is not a function');
    };
    await start();
    expect((await events(await edit())).at(-1)?.payload).toMatchObject({
      status: 'FAILED',
      error: { code: 'INTERNAL_SERVER_ERROR' },
    });
  });

  it('cancels what runs when it is asked to', async () => {
    engine.duringEdit = (_, run) => aborted(run);
    await start();
    const id = await edit();
    await until(() => engine.edits === 1);
    await storage.runs.cancel(id);
    expect(await statuses(id)).toEqual(['QUEUED', 'RUNNING', 'CANCELLED']);
  });

  it('that stops hands its run back, and another finishes it without announcing a frame twice', async () => {
    engine.duringEdit = (_, run) => aborted(run);
    await start();
    const id = await edit();
    await until(() => engine.edits === 1);
    await stop();
    expect((await storage.runs.byIds([id]))[0]?.status).toBe('QUEUED');
    engine = new FakeEngine();
    await start();
    expect(await statuses(id)).toEqual(['QUEUED', 'RUNNING', 'QUEUED', 'RUNNING', 'SUCCEEDED']);
    expect((await events(id)).filter(({ type }) => type === 'EditFrame')).toHaveLength(1);
  });

  it('whose database connection breaks in mid-run finishes after all', async () => {
    let breaks = 1;
    engine.duringEdit = async () => {
      if (breaks-- > 0)
        await db.pool.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        );
    };
    await start();
    const id = await edit();
    await until(async () => (await storage.runs.byIds([id]).catch(() => []))[0]?.status === 'SUCCEEDED');
  });

  it('replaces an edit by a newer one: the older is cancelled', async () => {
    engine.duringEdit = ({ seed }, run) => (seed === 1 ? aborted(run) : Promise.resolve());
    await start();
    const old = await edit({ seed: 1 });
    await until(() => engine.edits === 1);
    const { id } = await storage.edits.start({ ...NEW_EDIT, modelId, seed: 2, replaces: old });
    expect(await statuses(old)).toEqual(['QUEUED', 'RUNNING', 'CANCELLED']);
    expect((await statuses(id)).at(-1)).toBe('SUCCEEDED');
  });
});

/** A worker on another host, for longer than any test takes. */
const alive = (id: string) =>
  db.pool.query("INSERT INTO worker (id, devices, seen_at) VALUES ($1, '[]', now() + interval '1 hour')", [id]);

describe('an import', () => {
  it('of a folder that is not on this host waits as long as another worker may have it', async () => {
    const other = randomUUID();
    await alive(other);
    await start();
    const { id } = await storage.models.create({ name: 'elsewhere', source: '/on/another/host' });
    const retries = 'SELECT retry_count AS n FROM pgboss.job WHERE id = $1';
    await until(async () => (await db.pool.query(retries, [id])).rows[0]?.n >= 2);
    expect((await storage.runs.byIds([id]))[0]).toMatchObject({ status: 'QUEUED', epoch: 0 });
    await db.pool.query('DELETE FROM worker WHERE id = $1', [other]);
    // Nobody is left who might: the engine says what is wrong with the path.
    expect(await statuses(id)).toEqual(['QUEUED', 'RUNNING', 'SUCCEEDED']);
  });
});

describe('an edit', () => {
  const rowOf = async (id: string) => (await storage.edits.byIds([id]))[0]!;

  it('that was asked for before is served from what it left, frames included, and not computed again', async () => {
    await start();
    const first = await edit({ seed: 7 });
    await events(first);
    const again = await edit({ seed: 7 });
    const types = async (id: string) => (await events(id)).map(({ type }) => type);
    expect(await types(again)).toEqual(await types(first));
    expect(engine.edits).toBe(1);
    expect((await rowOf(again)).options.cached).toBe(true);
    expect((await rowOf(again)).resultImageId).toBe((await rowOf(first)).resultImageId);
    // Anything that the bytes of result or frames depend on makes it another request.
    for (const fields of [{ eta: 0.5 }, { previewSize: 64 }, { options: { qualityBoost: 0.2 } }])
      await events(await edit({ seed: 7, ...fields }));
    expect(engine.edits).toBe(4);
  });

  it('that is run again is computed again', async () => {
    await start();
    const first = await edit({ seed: 8 });
    await events(first);
    const again = await edit({ seed: 8, rerunOfId: first });
    await events(again);
    expect(engine.edits).toBe(2);
    expect(await rowOf(again)).toMatchObject({ options: {}, warnings: [] });
  });

  it('that is cancelled before its first frame shows it, and then ends', async () => {
    const id = await edit();
    engine.beforeEdit = async () => {
      await storage.runs.cancel(id);
      // Long enough for the worker to hear of it.
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    engine.duringEdit = (_, run) => aborted(run);
    await start();
    expect((await events(id)).map(({ type, payload }) => payload['status'] ?? type)).toEqual([
      'QUEUED',
      'RUNNING',
      'EditFrame',
      'CANCELLED',
    ]);
  });

  it('of an image is inverted once for each number of steps and fit', async () => {
    const bytes = new Uint8Array([9]);
    const { id: imageId } = await storage.images.put({ bytes, width: 1, height: 1, contentType: 'image/png' });
    await start();
    const base = { seed: null, imageId };
    const ids = [];
    for (const fields of [{}, { eta: 0.1 }, { samplingSteps: 6 }, { options: { fit: 'PAD' } }, { eta: 0.2 }])
      ids.push(await edit({ ...base, ...fields }));
    for (const id of ids) await events(id);
    expect(engine.inversions).toBe(3);
    const row = await rowOf(ids[0] as string);
    expect(row.reconstructionPsnr).toBe(40);
    expect(row.provenance).toMatchObject({
      seed: null,
      fit: 'CROP',
      imageHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});

describe('a discovery', () => {
  it('starts from the statistics that the latest one of its model knew', async () => {
    const work = new Work(db.database);
    const started = async () => {
      const { id } = await storage.discoveries.start({
        modelId,
        config: TINY_DISCOVERY,
        totalSteps: 6,
        idempotency: null,
      });
      const held = await work.take(id, randomUUID());
      if (!held) throw new Error('the discovery is over');
      return held;
    };
    const [first, second, third] = [await started(), await started(), await started()];
    await work.trainings.saveStatistics(second, Uint8Array.of(9, 2));
    await work.trainings.saveStatistics(first, Uint8Array.of(9, 1));
    expect(await work.trainings.adoptStatistics(third, modelId)).toEqual(Uint8Array.of(9, 2));
    for (const held of [first, second, third]) await work.setStatus(held, 'CANCELLED');
  });
});

/** Two directions of a discovery whose first checkpoint has been; while no worker runs, which would take it. */
async function learned(): Promise<string[]> {
  const config = { ...TINY_DISCOVERY, directions: 2 };
  const discovery = await storage.discoveries.start({ modelId, config, totalSteps: 6, idempotency: null });
  const work = new Work(db.database);
  const held = await work.take(discovery.id, randomUUID());
  if (!held) throw new Error('the discovery is over');
  await work.trainings.saveStatistics(held, Uint8Array.of(1));
  await work.trainings.saveCheckpoint(held, 2, Uint8Array.of(2), Uint8Array.of(3), true);
  await work.setStatus(held, 'CANCELLED');
  return (await work.directionsOf(discovery.id)).map(({ id }) => id);
}

it('a worker does not take what another one has that is alive', async () => {
  const work = new Work(db.database);
  const [id, holder] = [await edit(), randomUUID()];
  await alive(holder);
  const held = await work.take(id, holder);
  expect(await work.take(id, randomUUID())).toBeNull();
  await db.pool.query("UPDATE worker SET seen_at = now() - interval '2 s' WHERE id = $1", [holder]);
  expect(await work.take(id, randomUUID())).toEqual({ runId: id, epoch: 2 });
  await expect(work.setStatus(held!, 'SUCCEEDED')).rejects.toThrow(StaleEpochError);
  await work.setStatus({ runId: id, epoch: 2 }, 'CANCELLED');
});

it('a worker whose edit another one has taken over cannot say what the edit was made of', async () => {
  const work = new Work(db.database);
  const id = await edit();
  const [stalled, holder] = [await work.take(id, randomUUID()), await work.take(id, randomUUID())];
  if (!stalled || !holder) throw new Error('the edit is over');
  const facts = { shifts: [], provenance: { of: 'stalled' }, requestHash: null, options: {} };
  await expect(work.edits.start(stalled, facts)).rejects.toThrow(StaleEpochError);
  expect((await work.edits.row(id)).provenance).not.toEqual(facts.provenance);
  await work.edits.start(holder, { ...facts, provenance: { of: 'holder' } });
  expect((await work.edits.row(id)).provenance).toEqual({ of: 'holder' });
  await work.setStatus(holder, 'CANCELLED');
});

it('edits that write at the same time share a statement, from which those that others have taken over are left out', async () => {
  const work = new Work(db.database);
  const ids = [await edit(), await edit(), await edit()];
  const helds = await Promise.all(ids.map((id) => work.take(id, randomUUID())));
  const [first, stalled, third] = helds.map((held) => held!);
  const holder = (await work.take(stalled!.runId, randomUUID()))!;
  const facts = (of: string) => ({ shifts: [], provenance: { of }, requestHash: null, options: {} });
  const picture = (value: number) => ({
    bytes: Uint8Array.of(9, value),
    width: 1,
    height: 1,
    contentType: 'image/png',
  });
  const frame = (stepIndex: number) => ({
    payload: { coarse: false, stepIndex },
    image: picture(stepIndex),
    original: null,
    difference: null,
  });
  const outcomes = async (write: (held: Held, place: number) => Promise<void>) => {
    const settled = await Promise.allSettled([first!, stalled!, third!].map(write));
    return settled.map((one) => (one.status === 'rejected' ? one.reason : 'written'));
  };
  const leftOut = ['written', expect.any(StaleEpochError), 'written'];
  expect(await outcomes((held, place) => work.edits.start(held, facts(`${place}`)))).toEqual(leftOut);
  // The same picture in two edits, and two in one.
  expect(await outcomes((held) => work.edits.appendFrames(held, [frame(0), frame(1)]))).toEqual(leftOut);
  expect(await outcomes((held, place) => work.edits.finish(held, picture(2 + place), picture(8), place))).toEqual(
    leftOut,
  );
  for (const [place, { runId }] of [first!, third!].entries()) {
    const log = await events(runId);
    expect(log.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(log.map(({ type }) => type).slice(2)).toEqual(['EditFrame', 'EditFrame', 'EditFinished', 'StatusChanged']);
    const row = await work.edits.row(runId);
    expect(row).toMatchObject({
      status: 'SUCCEEDED',
      provenance: { of: `${2 * place}` },
      reconstructionPsnr: 2 * place,
    });
    expect(log[4]?.payload).toEqual({ resultId: row.resultImageId, originalId: row.originalImageId });
    expect((await work.edits.image(row.resultImageId!)).bytes).toEqual(Uint8Array.of(9, 2 + 2 * place));
    const shown = log.slice(2, 4).map(({ payload }) => work.edits.image(payload['imageId'] as string));
    expect((await Promise.all(shown)).map(({ bytes }) => bytes[1])).toEqual([0, 1]);
  }
  expect(await work.edits.row(stalled!.runId)).toMatchObject({ status: 'RUNNING', resultImageId: null, lastSeq: 3 });
  await expect(work.edits.finish(first!, picture(3), picture(8), null)).rejects.toThrow(StaleEpochError);
  await work.setStatus(holder, 'CANCELLED');
});

describe('a sweep', () => {
  const sweep = async (count: number) => {
    const [directionId = ''] = await learned();
    const variations = Array.from({ length: count }, (_, strength) => [
      { directionId, directionVersion: null, strength, curve: [] },
    ]);
    return (await storage.edits.startSweep({ ...NEW_EDIT, modelId, seed: ++seed, variations })).map(({ id }) => id);
  };

  it('is one job, and each of its edits has a log of its own', async () => {
    const ids = await sweep(3);
    await start();
    expect(await Promise.all(ids.map(statuses))).toEqual(ids.map(() => ['QUEUED', 'RUNNING', 'SUCCEEDED']));
    expect([engine.sweeps, engine.edits]).toEqual([1, 0]);
    const rows = await storage.edits.byIds(ids);
    expect(rows.map(({ provenance }) => provenance['batch'])).toEqual([4, 4, 4]);
  });

  it('goes on without the edits that are cancelled', async () => {
    let ids: string[] = [];
    engine.duringSweep = async (variation) => {
      if (variation > 0) return;
      await storage.runs.cancel(ids[2] as string);
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    ids = await sweep(3);
    await start();
    expect((await Promise.all(ids.map(statuses))).map((all) => all.at(-1))).toEqual([
      'SUCCEEDED',
      'SUCCEEDED',
      'CANCELLED',
    ]);
  });

  it('whose worker stops is gone on with by another, in as many rows', async () => {
    let stopping: Promise<void> | null = null;
    engine.duringSweep = async (variation) => {
      if (variation === 1) {
        stopping = stop();
        await new Promise((resolve) => setTimeout(resolve, 100));
        throw new EngineError('CANCELLED', 'cancelled');
      }
    };
    const ids = await sweep(3);
    await start();
    await until(() => stopping !== null);
    await stopping;
    engine = new FakeEngine();
    await start();
    const all = await Promise.all(ids.map(statuses));
    expect(all[0]).toEqual(['QUEUED', 'RUNNING', 'SUCCEEDED']);
    for (const own of all.slice(1)) expect(own).toEqual(['QUEUED', 'RUNNING', 'QUEUED', 'RUNNING', 'SUCCEEDED']);
    expect([engine.sweeps, engine.edits]).toEqual([1, 0]);
    const rows = await storage.edits.byIds(ids);
    expect(rows.map(({ provenance }) => provenance['batch'])).toEqual([4, 4, 4]);
  });
});

describe('directions', () => {
  it('are merged by a worker, which keeps what they were made of and what leaked before and after', async () => {
    const [first = '', second = ''] = await learned();
    await start();
    const id = randomUUID();
    const parts = [{ directionId: first, weight: 2 }];
    const order = { id, modelId, name: 'both', parts, projectOut: [second], reverseProcess: 'SYMMETRIC' } as const;
    await createMerger(queue)(order);
    expect((await storage.directions.byIds([id]))[0]).toMatchObject({
      origin: 'MERGED',
      kind: 'PER_TIMESTEP',
      discoveryId: null,
      name: 'both',
      effectSize: 0.5,
      merge: {
        parts: [{ directionId: first, directionVersion: 2, weight: 2 }],
        removed: [{ directionId: second, directionVersion: 2, leakageBefore: 0.75, leakageAfter: 0.125 }],
      },
    });
  });

  it('stay in an edit what they were when it began, whatever they have become since', async () => {
    const [directionId = ''] = await learned();
    await start();
    const shifts = [{ directionId, directionVersion: null, strength: 1, curve: [] }];
    const id = await edit({ shifts });
    await events(id);
    const first = (await storage.edits.byIds([id]))[0]!;
    await db.pool.query("UPDATE direction SET version = 4, parameters_hash = repeat('f', 64) WHERE id = $1", [
      directionId,
    ]);
    const again = await edit({ seed: first.seed, shifts: first.shifts, rerunOfId: id });
    expect((await statuses(again)).at(-1)).toBe('SUCCEEDED');
    const second = (await storage.edits.byIds([again]))[0]!;
    expect(second.provenance['shifts']).toEqual(first.provenance['shifts']);
    expect(second.requestHash).toBe(first.requestHash);
  });

  it('of another version make another file, and the same one when its edit is run again', async () => {
    const [directionId = ''] = await learned();
    await start();
    const shifts = [{ directionId, directionVersion: null, strength: 1, curve: [] }];
    await events(await edit({ seed: 3, shifts }));
    // A checkpoint without another step of the direction.
    await db.pool.query('UPDATE direction SET version = 4 WHERE id = $1', [directionId]);
    const later = await edit({ seed: 3, shifts });
    await events(later);
    const [row] = await storage.edits.byIds([later]);
    const image = await storage.images.bytes(row!.resultImageId!);
    expect(Buffer.from(image!.bytes!).toString('latin1')).toContain('"directionVersion":4');
    const again = await edit({ seed: 3, shifts: row!.shifts, rerunOfId: later });
    await events(again);
    expect((await storage.edits.byIds([again]))[0]).toMatchObject({ resultImageId: row!.resultImageId, warnings: [] });
  });
});

describe('a job', () => {
  it('exists exactly if its row was committed', async () => {
    const failing = await openStorage({
      url: db.url,
      dequeue: queue.dequeue,
      enqueue: async (tx, name, id, data) => {
        await queue.enqueue(tx, name, id, data);
        throw new Error('the transaction fails after the job was written');
      },
    });
    const before = await db.pool.query('SELECT count(*)::int AS n FROM pgboss.job');
    await expect(failing.edits.start({ ...NEW_EDIT, modelId })).rejects.toThrow('fails after');
    const after = await db.pool.query('SELECT count(*)::int AS n FROM pgboss.job');
    expect(after.rows).toEqual(before.rows);
    await failing.close();
  });
});
