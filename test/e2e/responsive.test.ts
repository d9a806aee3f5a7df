import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../src/server.js';
import { App } from '../helpers/app.js';
import { TINY_MODEL } from '../helpers/models.js';

const folder = mkdtempSync(join(tmpdir(), 'azimuth-gap-'));
const logger = pino({ level: 'fatal' }, pino.destination(2));
let server: RunningServer;

beforeAll(async () => {
  const options = {
    host: '127.0.0.1',
    port: 0,
    dataDir: folder,
    databaseUrl: null,
    device: 'cpu',
    logger,
    worker: true,
  };
  server = await startServer(options);
  while (!(await fetch(`${server.url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 100));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Longest time that this thread kept a 5 ms timer waiting by computing: the smaller of the gap and the processor time that
 * the thread used in it, since on a busy machine a thread also waits for its turn.
 */
function watchGaps(): () => number {
  let longest = 0;
  let at = performance.now();
  let used = process.threadCpuUsage();
  const timer = setInterval(() => {
    const spent = process.threadCpuUsage(used);
    longest = Math.max(longest, Math.min(performance.now() - at, (spent.user + spent.system) / 1000));
    at = performance.now();
    used = process.threadCpuUsage();
  }, 5);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

test("the API's event loop is never blocked for 50 ms while the engine works", async () => {
  const app = new App(server.url);
  const [shipped, tiny] = [await app.readyModel(), await app.importModel(TINY_MODEL)];
  const input = { modelId: tiny, directions: 4, batchSize: 8, samplingSteps: 2, checkpointEvery: 1, previewEvery: 1 };
  // Before the clock runs: what is compiled and loaded at a first request.
  await app.follow(await app.startDiscovery({ ...input, trainingSteps: 1 }), 0);
  await app.edit({ modelId: shipped, seed: 1, samplingSteps: 2, shifts: [] });
  const stop = watchGaps();
  // Steps of milliseconds, each with previews and a checkpoint: more events a second than a real model ever gives.
  const id = await app.startDiscovery({ ...input, trainingSteps: 100, seed: 1 });
  const edits = [2, 3, 4].map((seed) => app.edit({ modelId: shipped, seed, shifts: [] }));
  const events = await app.follow(id, 0);
  await Promise.all(edits);
  const longest = stop();
  expect(events.at(-1)?.status).toBe('SUCCEEDED');
  expect(longest).toBeLessThan(50);
}, 300_000);
