import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../src/engine/index.js';
import { ask } from '../../src/jobs/ask.js';
import { createEstimator, openQueue, type Queue } from '../../src/jobs/index.js';
import { startWorker } from '../../src/jobs/worker.js';
import { openStorage, type Storage } from '../../src/storage/index.js';
import { TestDatabase } from '../helpers/database.js';
import { FakeEngine } from '../helpers/fake-engine.js';
import { TINY_DISCOVERY } from '../helpers/models.js';

const logger = pino({ level: 'silent' });
let db: TestDatabase;
let queue: Queue;
let storage: Storage;

beforeAll(async () => {
  db = await TestDatabase.start();
  queue = await openQueue(db.url, { supervises: false });
  storage = await openStorage({ url: db.url, enqueue: queue.enqueue, dequeue: queue.dequeue });
});
afterAll(async () => {
  await storage.close();
  await queue.stop();
  await db.close();
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(20);
}

/** The thread computes, and nothing else gets a turn. */
function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const stageOf = async (modelId: string, name: string) =>
  (await storage.models.stages(modelId)).find((stage) => stage.name === name);

describe('a question', () => {
  it('that nobody comes to ends with a typed error that says so', async () => {
    const asked = ask(queue, 'estimate', { modelId: '', config: TINY_DISCOVERY }, 300);
    await expect(asked).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', message: expect.stringMatching(/no worker/) });
  });

  it('and an edit are answered while a gallery of long session runs goes on, which waits meanwhile', async () => {
    const engine = new FakeEngine();
    let [runs, ended] = [0, false];
    engine.duringGallery = async ({ signal, yieldTo }) => {
      while (!ended && !signal.aborted) {
        busy(400);
        runs += 1;
        await yieldTo();
      }
    };
    let before = 0;
    engine.duringEdit = async () => {
      before = runs;
      await setTimeout(1200);
      // One may have been under way.
      expect(runs - before).toBeLessThanOrEqual(1);
    };
    const worker = await startWorker({ url: db.url, engine, version: 'test', logger });
    const { id: modelId } = await storage.models.create({ name: 'large', source: '/nowhere' });
    await until(() => runs > 1);
    expect(await createEstimator(queue)({ modelId, config: TINY_DISCOVERY })).toMatchObject({ fits: true });
    const settings = { samplingSteps: 5, reverseProcess: 'SYMMETRIC', eta: 0, previewEvery: 1, previewSize: null };
    const { id } = await storage.edits.start({
      ...settings,
      modelId,
      seed: 1,
      imageId: null,
      shifts: [],
      warnings: [],
      options: {},
      rerunOfId: null,
      replaces: null,
      idempotency: null,
    });
    await until(async () => (await storage.runs.byIds([id]))[0]?.status === 'SUCCEEDED');
    expect(await stageOf(modelId, 'GALLERY')).toMatchObject({ status: 'RUNNING' });
    ended = true;
    await until(async () => (await stageOf(modelId, 'GALLERY'))?.status === 'DONE');
    await worker.stop();
  });
});

describe('a stage behind an import', () => {
  it('that fails says why, and the model stays READY', async () => {
    const engine = new FakeEngine();
    engine.duringGallery = async () => {
      throw new EngineError('OUT_OF_MEMORY', 'too large for a gallery');
    };
    const worker = await startWorker({ url: db.url, engine, version: 'test', logger });
    const { id } = await storage.models.create({ name: 'larger', source: '/nowhere' });
    await until(async () => (await stageOf(id, 'GALLERY'))?.status === 'FAILED');
    expect(await stageOf(id, 'GALLERY')).toMatchObject({ message: 'too large for a gallery' });
    expect((await storage.models.byIds([id]))[0]).toMatchObject({
      status: 'READY',
      report: { gradients: { verdict: 'PASSED' }, memory: { advice: null }, samples: null },
    });
    await worker.stop();
  });

  it('that a worker left when it stopped is done by the next one', async () => {
    const engine = new FakeEngine();
    let started = 0;
    engine.duringGallery = async ({ signal, yieldTo }) => {
      started += 1;
      while (started === 1) {
        if (signal.aborted) throw new EngineError('CANCELLED', 'stopped');
        await yieldTo();
      }
    };
    const first = await startWorker({ url: db.url, engine, version: 'test', logger });
    const { id } = await storage.models.create({ name: 'left', source: '/nowhere' });
    await until(() => started === 1);
    await first.stop();
    expect(await stageOf(id, 'GALLERY')).toMatchObject({ status: 'WAITING' });
    const second = await startWorker({ url: db.url, engine, version: 'test', logger });
    await until(async () => (await stageOf(id, 'GALLERY'))?.status === 'DONE');
    await second.stop();
  });
});
