import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openQueue, type Queue } from '../../src/jobs/index.js';
import { Recovery } from '../../src/jobs/recovery.js';
import { openStorage, type Storage, Work } from '../../src/storage/index.js';
import { TestDatabase } from '../helpers/database.js';
import { NEW_EDIT } from '../helpers/edits.js';

/** What workers leave that die between the queue and their runs. */
let db: TestDatabase;
let queue: Queue;
let storage: Storage;
let work: Work;
let recovery: Recovery;
let modelId: string;

beforeAll(async () => {
  db = await TestDatabase.start();
  queue = await openQueue(db.url, { supervises: false });
  storage = await openStorage({ url: db.url, ...queue });
  work = new Work(db.database);
  modelId = (await storage.models.create({ name: 'fake', source: '/nowhere' })).id;
  const held = await work.take(modelId, randomUUID());
  if (!held) throw new Error('the import is over');
  await work.models.finishImport(held, {}, async () => {});
  recovery = new Recovery(queue, db.database, pino({ level: 'silent' }));
  recovery.start();
});
afterAll(async () => {
  await recovery.stop();
  await storage.close();
  await queue.stop();
  await db.close();
});

const stateOf = async (name: 'edit' | 'sweep', id: string) => (await queue.boss.findJobs(name, { id }))[0]?.state;

/** A worker takes the job. */
async function taken(name: 'edit' | 'sweep', id: string): Promise<void> {
  expect((await queue.boss.fetch(name)).map((job) => job.id)).toEqual([id]);
}

/** It was ten seconds ago. */
const aged = (id: string) =>
  db.pool.query("UPDATE pgboss.job SET started_on = now() - interval '10 s' WHERE id = $1", [id]);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Longer than two looks at what is rare. */
const looks = () => new Promise((resolve) => setTimeout(resolve, 5000));

async function ended(id: string): Promise<void> {
  const held = await work.take(id, randomUUID());
  if (!held) throw new Error(`${id} is over`);
  await work.setStatus(held, 'CANCELLED');
}

it('a job whose run was not taken goes back into its queue', async () => {
  const { id } = await storage.edits.start({ ...NEW_EDIT, modelId });
  await taken('edit', id);
  await aged(id);
  await until(async () => (await stateOf('edit', id)) === 'retry');
  await storage.runs.cancel(id);
});

it('a job whose run is over is over too', async () => {
  const { id } = await storage.edits.start({ ...NEW_EDIT, modelId });
  await taken('edit', id);
  await ended(id);
  await aged(id);
  await until(async () => (await stateOf('edit', id)) === 'completed');
});

it('the job of a sweep is over when the last of its edits is', async () => {
  const rows = await storage.edits.startSweep({ ...NEW_EDIT, modelId, variations: [[], []] });
  const [first = '', second = ''] = rows.map(({ id }) => id);
  await taken('sweep', first);
  await ended(first);
  await aged(first);
  const holder = randomUUID();
  await db.pool.query("INSERT INTO worker (id, devices, seen_at) VALUES ($1, '[]', now() + interval '1 h')", [holder]);
  const held = await work.take(second, holder);
  await looks();
  expect(await stateOf('sweep', first)).toBe('active');
  await work.setStatus(held!, 'CANCELLED');
  await until(async () => (await stateOf('sweep', first)) === 'completed');
});

it('the job of a sweep goes back into its queue for any edit that was not taken, also when the first is over', async () => {
  const rows = await storage.edits.startSweep({ ...NEW_EDIT, modelId, variations: [[], []] });
  const [first = ''] = rows.map(({ id }) => id);
  await taken('sweep', first);
  await ended(first);
  await aged(first);
  await until(async () => (await stateOf('sweep', first)) === 'retry');
});
