import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type LaunchedServer, launchServer } from '../../scripts/support/launch.js';
import { App, type TrainingEvent } from '../helpers/app.js';
import { TINY_MODEL } from '../helpers/models.js';
import { isAlive, processesWith, workerOf } from '../helpers/processes.js';

/** The compiled server as a user runs it, with the shipped model, a worker process and the embedded PostgreSQL. */

const folders: string[] = [];
let server: LaunchedServer;
let app: App;
let modelId: string;
/** A model of milliseconds a step, for what does not depend on the pictures. */
let tinyId: string;
let discoveryId: string;
let directions: string[];

/** Real, but short: K=16 on the shipped model. */
const SHORT = {
  directions: 16,
  trainingSteps: 12,
  batchSize: 8,
  samplingSteps: 3,
  checkpointEvery: 4,
  previewEvery: 5,
};

/** Hundreds of steps of the small model: long enough to be killed in. */
const MANY = {
  directions: 4,
  trainingSteps: 300,
  batchSize: 4,
  samplingSteps: 2,
  checkpointEvery: 20,
  previewEvery: 0,
};

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-e2e-'));
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  server = await launchServer(dataFolder(), { AZIMUTH_DEVICE: 'cpu', LOG_LEVEL: 'fatal' });
  app = new App(server.url);
  modelId = await app.readyModel();
  tinyId = await app.importModel(TINY_MODEL);
});
afterAll(async () => {
  if (isAlive(server.pid)) await server.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const steps = (events: readonly TrainingEvent[]) =>
  events.filter(({ __typename }) => __typename === 'TrainingStep').map(({ step }) => step);
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

/** Pixels −1…1. */
async function pixels(png: Buffer): Promise<number[]> {
  const { data } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return Array.from(data, (value) => value / 127.5 - 1);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

// Each test trains or samples for real, on whatever processors the machine can spare.
vi.setConfig({ testTimeout: 900_000 });

describe('a discovery', () => {
  test('gives every event once, in order and without gaps, to a client that drops its socket twice', async () => {
    discoveryId = await app.startDiscovery({ modelId, ...SHORT });
    const first = await app.follow(discoveryId, 0, (events) => steps(events).includes(2));
    const second = await app.follow(discoveryId, first.at(-1)?.seq ?? 0, (events) => steps(events).includes(7));
    const third = await app.follow(discoveryId, second.at(-1)?.seq ?? 0);
    const events = [...first, ...second, ...third];
    expect(events.map(({ seq }) => seq)).toEqual(upTo(events.length));
    expect(steps(events)).toEqual(upTo(12));
    expect(events.at(0)).toMatchObject({ __typename: 'StatusChanged', status: 'QUEUED' });
    expect(events.at(-1)).toMatchObject({ __typename: 'StatusChanged', status: 'SUCCEEDED' });
    const checkpoints = events.filter(({ __typename }) => __typename === 'CheckpointSaved');
    expect(checkpoints.map(({ step }) => step)).toEqual([4, 8, 12]);
    const previews = events.filter(({ __typename }) => __typename === 'TrainingPreview');
    expect(previews.map(({ step, stepIndex }) => `${step}:${stepIndex}`)).toEqual(
      [1, 5, 10].flatMap((step) => [0, 1, 2].map((i) => `${step}:${i}`)),
    );
    // The whole log again, for a client that comes later.
    expect(await app.follow(discoveryId, 0)).toEqual(events);
    directions = await app.directionIds(discoveryId);
    expect(directions).toHaveLength(16);
  });

  test('stores a traversal of each of its directions, from one end to the other', async () => {
    const query = `query ($id: ID!) { discovery(id: $id) {
      directions(first: 200) { edges { node { filmstrip { url width } } } } } }`;
    type Page = {
      discovery: { directions: { edges: { node: { filmstrip: { url: string; width: number }[] } }[] } };
    };
    let strips: Page['discovery']['directions']['edges'];
    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      strips = (await app.api.query<Page>(query, { id: discoveryId })).discovery.directions.edges;
    } while (strips.some(({ node }) => node.filmstrip.length === 0));
    expect(strips.map(({ node }) => node.filmstrip.length)).toEqual(new Array(16).fill(5));
    const images = await Promise.all((strips[0]?.node.filmstrip ?? []).map(({ url }) => app.image(url)));
    expect(new Set(images.map((png) => png.toString('base64'))).size).toBe(5);
  });

  test('can be estimated before it starts', async () => {
    const query = `query ($input: StartDiscoveryInput!) {
      estimateDiscovery(input: $input) { secondsPerStep totalSeconds peakMemoryBytes fits advice }
    }`;
    type Answer = { estimateDiscovery: Record<'secondsPerStep' | 'totalSeconds' | 'peakMemoryBytes', number> };
    const { estimateDiscovery } = await app.api.query<Answer>(query, { input: { modelId: tinyId, ...MANY } });
    expect(estimateDiscovery).toMatchObject({ fits: true, advice: null });
    expect(estimateDiscovery.secondsPerStep).toBeGreaterThan(0);
    expect(estimateDiscovery.totalSeconds).toBeGreaterThan(300 * estimateDiscovery.secondsPerStep);
    // A process with Node and ONNX Runtime in it takes at least this much.
    expect(estimateDiscovery.peakMemoryBytes).toBeGreaterThan(50 * 2 ** 20);
  });

  test('survives kill -9 of the engine process: resumes from a checkpoint, repeats no event, and finishes', async () => {
    const id = await app.startDiscovery({ modelId: tinyId, ...MANY });
    const worker = workerOf(server.pid);
    const before = await app.follow(id, 0, (events) => steps(events).includes(110));
    process.kill(worker, 'SIGKILL');
    const answered = await app.api.query<{ server: { version: string } }>('{ server { version } }');
    expect(answered.server.version).toMatch(/^\d/);
    const after = await app.follow(id, before.at(-1)?.seq ?? 0);
    const events = [...before, ...after];
    expect(events.map(({ seq }) => seq)).toEqual(upTo(events.length));
    expect(steps(events)).toEqual(upTo(300));
    expect(events.filter(({ status }) => status).map(({ status }) => status)).toEqual([
      'QUEUED',
      'RUNNING',
      'QUEUED',
      'RUNNING',
      'SUCCEEDED',
    ]);
    const query = 'query ($id: ID!) { discovery(id: $id) { resumedFromStep step } }';
    const { discovery } = await app.api.query<{ discovery: Record<string, number> }>(query, { id });
    expect(discovery['step']).toBe(300);
    // Step 110 was announced, and the last checkpoint before it was at 100.
    expect(discovery['resumedFromStep']).toBeGreaterThanOrEqual(100);
    expect(workerOf(server.pid)).not.toBe(worker);
  });

  test('gives directions that can be used while it learns, of the step that their version says', async () => {
    const id = await app.startDiscovery({ modelId: tinyId, ...MANY, trainingSteps: 10_000, seed: 8 });
    await app.follow(id, 0, (events) => steps(events).includes(70));
    const editAlong = async (discovery: string) => {
      const [, directionId] = await app.directionIds(discovery);
      return app.edit({ modelId: tinyId, seed: 2, samplingSteps: 5, shifts: [{ directionId, strength: 5 }] });
    };
    const early = await editAlong(id);
    await app.api.query('mutation ($id: ID!) { cancelDiscovery(id: $id) { id } }', { id });
    const [version = 0] = early.versions;
    expect(version).toBeGreaterThanOrEqual(60);
    expect(version % 20).toBe(0);
    // A discovery that ends there has the same directions.
    const short = await app.startDiscovery({ modelId: tinyId, ...MANY, trainingSteps: version, seed: 8 });
    await app.follow(short, 0);
    const late = await editAlong(short);
    expect(late.versions).toEqual([version]);
    expect(late.result.equals(early.result)).toBe(true);
    expect(late.result.equals(late.original)).toBe(false);
  });

  test('is paused at the end of a step, with a checkpoint, and goes on from there', async () => {
    const id = await app.startDiscovery({ modelId: tinyId, ...MANY, checkpointEvery: 1000, seed: 6 });
    await app.follow(id, 0, (events) => steps(events).includes(30));
    await app.api.query('mutation ($id: ID!) { pauseDiscovery(id: $id) { id } }', { id });
    const before = await app.follow(id, 0, (events) => events.at(-1)?.status === 'PAUSED');
    const reached = steps(before).at(-1) ?? 0;
    expect(before.at(-2)).toMatchObject({ __typename: 'CheckpointSaved', step: reached });
    expect(reached).toBeLessThan(300);
    await app.api.query('mutation ($id: ID!) { resumeDiscovery(id: $id) { id } }', { id });
    const after = await app.follow(id, before.at(-1)?.seq ?? 0);
    expect(after.map(({ status }) => status).filter(Boolean)).toEqual(['QUEUED', 'RUNNING', 'SUCCEEDED']);
    expect(steps([...before, ...after])).toEqual(upTo(300));
    const query = 'query ($id: ID!) { discovery(id: $id) { resumedFromStep } }';
    expect(await app.api.query(query, { id })).toEqual({ discovery: { resumedFromStep: reached } });
  });

  test('is cancelled while it runs, within a few session runs, and its event log ends so', async () => {
    const id = await app.startDiscovery({ modelId: tinyId, ...MANY, trainingSteps: 10_000 });
    await app.follow(id, 0, (events) => steps(events).length > 0);
    await app.api.query('mutation ($id: ID!) { cancelDiscovery(id: $id) { id } }', { id });
    const events = await app.follow(id, 0);
    expect(events.at(-1)).toMatchObject({ __typename: 'StatusChanged', status: 'CANCELLED' });
  });
});

describe('an edit', () => {
  test('at strength 0 gives the unedited sample byte for byte, with one frame a sampling step', async () => {
    const request = { modelId, seed: 7, samplingSteps: 10 };
    const zero = await app.edit({ ...request, shifts: [{ directionId: directions[0], strength: 0 }] });
    const plain = await app.edit({ ...request, shifts: [] });
    expect(zero.frames).toBe(10);
    expect(zero.result.equals(plain.result)).toBe(true);
    expect(zero.result.equals(zero.original)).toBe(true);
    const moved = await app.edit({ ...request, shifts: [{ directionId: directions[0], strength: 3 }] });
    expect(moved.original.equals(plain.result)).toBe(true);
    expect(moved.result.equals(plain.result)).toBe(false);
  });

  test('moves the image opposite ways at ±2: mean cosine of the changes over 16 seeds below −0.2', async () => {
    const cosines = await Promise.all(
      upTo(16).map(async (seed) => {
        const at = (strength: number) =>
          app.edit({ modelId, seed, samplingSteps: 10, shifts: [{ directionId: directions[1], strength }] });
        const [plus, minus] = [await at(2), await at(-2)];
        const original = await pixels(plus.original);
        const change = async (png: Buffer) => (await pixels(png)).map((value, i) => value - (original[i] ?? 0));
        return cosine(await change(plus.result), await change(minus.result));
      }),
    );
    expect(cosines.reduce((sum, value) => sum + value, 0) / 16).toBeLessThan(-0.2);
  });

  test('goes before a training that runs', async () => {
    const id = await app.startDiscovery({ modelId, ...SHORT, trainingSteps: 10_000, seed: 3 });
    await app.follow(id, 0, (events) => steps(events).length > 0);
    const { frames } = await app.edit({ modelId, seed: 1, samplingSteps: 5, shifts: [] });
    expect(frames).toBe(5);
    const { discovery } = await app.api.query<{ discovery: { status: string } }>(
      'query ($id: ID!) { discovery(id: $id) { status } }',
      { id },
    );
    expect(discovery.status).toBe('RUNNING');
    await app.api.query('mutation ($id: ID!) { cancelDiscovery(id: $id) { id } }', { id });
  });
});

test('another server with an empty data directory learns the same directions and gives the same bytes', async () => {
  const images = async (other: App) => {
    const model = await other.importModel(TINY_MODEL);
    const id = await other.startDiscovery({ modelId: model, ...MANY, trainingSteps: 50, seed: 4 });
    await other.follow(id, 0);
    const [, directionId] = await other.directionIds(id);
    const shifted = await other.edit({
      modelId: model,
      seed: 3,
      samplingSteps: 5,
      shifts: [{ directionId, strength: 4 }],
    });
    const shipped = await other.edit({ modelId: await other.readyModel(), seed: 3, shifts: [] });
    return { ...shifted, shipped: shipped.result };
  };
  const here = await images(app);
  const fresh = await launchServer(dataFolder(), { AZIMUTH_DEVICE: 'cpu', LOG_LEVEL: 'fatal' });
  try {
    const there = await images(new App(fresh.url));
    expect(there.result.equals(here.result)).toBe(true);
    expect(there.original.equals(here.original)).toBe(true);
    expect(there.shipped.equals(here.shipped)).toBe(true);
    expect(there.result.equals(there.original)).toBe(false);
  } finally {
    expect(await fresh.stop()).toBe(0);
  }
});

test('SIGTERM during a training leaves no process behind; the next start goes on with it', async () => {
  const data = folders[0] as string;
  const id = await app.startDiscovery({ modelId: tinyId, ...MANY, seed: 5 });
  const before = await app.follow(id, 0, (events) => steps(events).includes(50));
  const worker = workerOf(server.pid);
  expect(processesWith(data).length).toBeGreaterThan(0);
  expect(await server.stop()).toBe(0);
  expect(isAlive(worker)).toBe(false);
  expect(processesWith(data)).toEqual([]);
  server = await launchServer(data, { AZIMUTH_DEVICE: 'cpu', LOG_LEVEL: 'fatal' });
  app = new App(server.url);
  const after = await app.follow(id, before.at(-1)?.seq ?? 0);
  expect([...before, ...after].map(({ seq }) => seq)).toEqual(upTo(before.length + after.length));
  expect(steps([...before, ...after])).toEqual(upTo(300));
  expect(after.at(-1)).toMatchObject({ status: 'SUCCEEDED' });
});
