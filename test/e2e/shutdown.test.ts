import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { type LaunchedServer, launchServer } from '../../scripts/support/launch.js';
import { App } from '../helpers/app.js';
import { TINY_MODEL } from '../helpers/models.js';
import { isAlive } from '../helpers/processes.js';

/** SIGTERM to the compiled server with its worker, in the middle of a training. */

let folder: string;
let server: LaunchedServer;
// A training for real, on whatever processors the machine can spare.
vi.setConfig({ testTimeout: 600_000 });
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-shutdown-'));
});
afterAll(async () => {
  if (isAlive(server.pid)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a server that is stopped keeps every step of its training, and sends its clients elsewhere', async () => {
  const env = { AZIMUTH_DEVICE: 'cpu', LOG_LEVEL: 'fatal', AZIMUTH_DRAIN_SECONDS: '1' };
  server = await launchServer(folder, env);
  let app = new App(server.url);
  const modelId = await app.importModel(TINY_MODEL);
  // No checkpoint comes by itself before the end.
  const training = { directions: 4, trainingSteps: 120, batchSize: 4, samplingSteps: 2, checkpointEvery: 120 };
  const id = await app.startDiscovery({ modelId, ...training, previewEvery: 0 });
  const before = await app.follow(id, 0, (events) => events.some(({ step }) => step === 20));
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init' }));

  // What a worker counts is shown by the API, under the worker's id.
  const counted = /^azimuth_training_steps_total\{worker="[0-9a-f-]{36}"\} ([1-9]\d*)$/m;
  let metrics = '';
  while (!counted.test(metrics)) metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^azimuth_worker_resident_memory_bytes\{worker="[0-9a-f-]{36}"\} \d{8,}$/m);
  expect(metrics).toMatch(/^azimuth_runs\{kind="discovery",status="RUNNING"\} 1$/m);

  const stopped = server.stop();
  const answers = new Set<number>();
  while (!answers.has(503)) answers.add((await fetch(`${server.url}/readyz`)).status);
  expect(await closed).toBe(1001);
  expect(await stopped).toBe(0);

  server = await launchServer(folder, env);
  app = new App(server.url);
  const all = await app.follow(id, 0);
  expect(all.slice(0, before.length)).toEqual(before);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  expect(all.filter(({ status }) => status).map(({ status }) => status)).toEqual([
    ...['QUEUED', 'RUNNING', 'QUEUED', 'RUNNING', 'SUCCEEDED'],
  ]);
  const handedBack = all.findIndex(({ status }, index) => status === 'QUEUED' && index > 0);
  const lastStep = all.slice(0, handedBack).findLast(({ __typename }) => __typename === 'TrainingStep')?.step;
  const query = 'query ($id: ID!) { discovery(id: $id) { resumedFromStep error { code } } }';
  // The first step after it is the next one: none was made twice.
  expect(await app.api.query(query, { id })).toEqual({ discovery: { resumedFromStep: lastStep, error: null } });
});
