import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../helpers/client.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const START = `mutation ($input: StartDiscoveryInput!) {
  startDiscovery(input: $input) {
    id status step totalSteps lastSeq createdAt startedAt
    config {
      method directions trainingSteps batchSize samplingSteps gradientSteps shift start fullSpatial orthonormal reverseProcess
      maxStrength minStrength learningRate adversarialWeight seed checkpointEvery previewEvery
    }
    model { id }
  }
}`;

interface Started {
  readonly startDiscovery: {
    readonly id: string;
    readonly status: string;
    readonly step: number;
    readonly totalSteps: number;
    readonly lastSeq: number;
    readonly createdAt: string;
    readonly startedAt: string | null;
    readonly config: Record<string, unknown>;
    readonly model: { readonly id: string };
  };
}

let server: TestServer;
let api: ApiClient;
let modelId: string;

beforeAll(async () => {
  server = await startTestServer();
  api = server.api;
  modelId = await server.readyModel({ name: 'faces', hShape: [8, 4, 4], trainTimesteps: 100 });
});
afterAll(() => server.close());

const start = (input: object = {}) => api.query<Started>(START, { input: { modelId, ...input } });
const refusal = (input: object) => api.errorOf(START, { input: { modelId, ...input } });

describe('startDiscovery', () => {
  test('fills in every default, queues the run and returns at once', async () => {
    const { startDiscovery } = await start();
    expect(startDiscovery).toMatchObject({ status: 'QUEUED', step: 0, totalSteps: 400, lastSeq: 1, startedAt: null });
    expect(startDiscovery.model.id).toBe(modelId);
    expect(startDiscovery.createdAt).toMatch(/Z$/);
    expect(startDiscovery.config).toEqual({
      method: 'LEARNED',
      directions: 16,
      trainingSteps: 400,
      batchSize: 8,
      samplingSteps: 5,
      gradientSteps: null,
      shift: 'SUBSPACE',
      start: 'INDEPENDENT',
      fullSpatial: false,
      orthonormal: false,
      reverseProcess: 'SYMMETRIC',
      maxStrength: 6,
      minStrength: 0.5,
      learningRate: 0.0003,
      adversarialWeight: 0.05,
      seed: 0,
      checkpointEvery: 25,
      previewEvery: 25,
    });
  });

  test('takes an explicit null for the default', async () => {
    const { startDiscovery } = await start({ directions: null, learningRate: null, shift: null, previewEvery: null });
    expect(startDiscovery.config).toMatchObject({ directions: 16, learningRate: 0.0003, shift: 'SUBSPACE' });
  });

  test.each([
    ['no direction', { directions: 0 }, 'input.directions'],
    ['more directions than a SUBSPACE has components', { directions: 65 }, 'input.directions'],
    ['more directions than 256', { shift: 'GLOBAL', directions: 257 }, 'input.directions'],
    [
      'more orthonormal directions than channels',
      { shift: 'GLOBAL', orthonormal: true, directions: 9 },
      'input.directions',
    ],
    ['a thousand million steps', { trainingSteps: 1_000_000_000 }, 'input.trainingSteps'],
    ['no step', { trainingSteps: 0 }, 'input.trainingSteps'],
    ['an empty batch', { batchSize: 0 }, 'input.batchSize'],
    ['a batch above 64', { batchSize: 65 }, 'input.batchSize'],
    ['a single sampling step', { samplingSteps: 1 }, 'input.samplingSteps'],
    ["more sampling steps than the model's timesteps", { samplingSteps: 101 }, 'input.samplingSteps'],
    ['no gradient', { gradientSteps: 0 }, 'input.gradientSteps'],
    ['a gradient through more steps than there are', { gradientSteps: 6 }, 'input.gradientSteps'],
    ['a gradient of what is not learned', { method: 'PCA', gradientSteps: 2 }, 'input.gradientSteps'],
    [
      'more orthonormal directions over time than channels',
      { shift: 'TIMESTEP', orthonormal: true, directions: 9 },
      'input.directions',
    ],
    [
      'more orthonormal random directions than channels',
      { method: 'RANDOM', orthonormal: true, directions: 9 },
      'input.directions',
    ],
    ['more blocks than 256', { shift: 'BLOCK', directions: 257 }, 'input.directions'],
    ['blocks of every place', { shift: 'BLOCK', fullSpatial: true }, 'input.fullSpatial'],
    ['orthonormal blocks', { shift: 'BLOCK', orthonormal: true }, 'input.orthonormal'],
    ['a start of what is not a subspace', { shift: 'GLOBAL', start: 'PRINCIPAL' }, 'input.start'],
    ['a start of random mixtures', { method: 'RANDOM', shift: 'SUBSPACE', start: 'PRINCIPAL' }, 'input.start'],
    ['a learned table', { shift: 'PER_TIMESTEP' }, 'input.shift'],
    ['components as one vector', { method: 'PCA', shift: 'GLOBAL' }, 'input.shift'],
    ['more components than dimensions', { method: 'PCA', directions: 129 }, 'input.directions'],
    ['fullSpatial with SUBSPACE', { fullSpatial: true }, 'input.fullSpatial'],
    ['a negative strength', { minStrength: -1 }, 'input.minStrength'],
    ['a minimum that is the maximum', { minStrength: 6 }, 'input.minStrength'],
    ['a strength above 100', { maxStrength: 101 }, 'input.maxStrength'],
    ['a learning rate of 0', { learningRate: 0 }, 'input.learningRate'],
    ['a learning rate above 1', { learningRate: 1.5 }, 'input.learningRate'],
    ['a negative adversarial weight', { adversarialWeight: -0.1 }, 'input.adversarialWeight'],
    ['a negative seed', { seed: -1 }, 'input.seed'],
    ['no checkpoint at all', { checkpointEvery: 0 }, 'input.checkpointEvery'],
    ['a negative previewEvery', { previewEvery: -1 }, 'input.previewEvery'],
    ['an empty idempotencyKey', { idempotencyKey: '' }, 'input.idempotencyKey'],
  ])('refuses %s, naming the argument, its range and what it got', async (_, input, argument) => {
    const error = await refusal(input);
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
    expect(error.extensions.expected).toBeTruthy();
    expect(error.message).toContain(`${argument}: expected`);
  });

  test('takes a gradient through the last sampling steps', async () => {
    const { startDiscovery } = await start({ samplingSteps: 8, gradientSteps: 8 });
    expect(startDiscovery.config).toMatchObject({ samplingSteps: 8, gradientSteps: 8 });
  });

  test('takes fullSpatial orthonormal directions up to the whole size of h', async () => {
    const { startDiscovery } = await start({ shift: 'GLOBAL', orthonormal: true, fullSpatial: true, directions: 128 });
    expect(startDiscovery.config).toMatchObject({ shift: 'GLOBAL', fullSpatial: true, orthonormal: true });
    const error = await refusal({ shift: 'GLOBAL', orthonormal: true, fullSpatial: true, directions: 129 });
    expect(error.extensions.expected).toBe('an integer from 1 to 128');
  });

  test('gives each method its kind of directions, and the directions their origin', async () => {
    for (const [method, shift] of [
      ['PCA', 'PER_TIMESTEP'],
      ['JACOBIAN', 'PER_TIMESTEP'],
      ['RANDOM', 'GLOBAL'],
    ]) {
      const { startDiscovery } = await start({ method });
      expect(startDiscovery.config).toMatchObject({ method, shift });
      const query =
        'query ($id: ID!) { discovery(id: $id) { directions(first: 1) { edges { node { origin kind } } } } }';
      expect(await api.query(query, { id: startDiscovery.id })).toEqual({
        discovery: { directions: { edges: [{ node: { origin: method, kind: shift } }] } },
      });
    }
  });

  test('takes any kind of shift that can be learned, and fills in its options', async () => {
    for (const shift of ['GLOBAL', 'TIMESTEP', 'BLOCK']) {
      const { startDiscovery } = await start({ shift });
      expect(startDiscovery.config).toMatchObject({ shift, directions: 16, fullSpatial: false, orthonormal: false });
    }
    const options = { shift: 'TIMESTEP', fullSpatial: true, orthonormal: true, directions: 128 };
    expect((await start(options)).startDiscovery.config).toMatchObject(options);
    expect((await refusal({ ...options, directions: 129 })).extensions.expected).toBe('an integer from 1 to 128');
  });

  test('starts a subspace at independent components unless told otherwise', async () => {
    expect((await start({})).startDiscovery.config).toMatchObject({ shift: 'SUBSPACE', start: 'INDEPENDENT' });
    expect((await start({ start: 'PRINCIPAL' })).startDiscovery.config).toMatchObject({
      start: 'PRINCIPAL',
      orthonormal: true,
    });
    expect((await start({ orthonormal: true })).startDiscovery.config).toMatchObject({
      start: 'INDEPENDENT',
      orthonormal: true,
    });
    expect((await start({ shift: 'GLOBAL' })).startDiscovery.config).toMatchObject({ start: null });
    const random = { method: 'RANDOM', shift: 'SUBSPACE' };
    expect((await start(random)).startDiscovery.config).toMatchObject({ ...random, start: null, orthonormal: true });
  });

  test('refuses numbers that are not finite, in a literal and in a variable', async () => {
    const literal = `mutation { startDiscovery(input: { modelId: "${modelId}", maxStrength: 1e999 }) { id } }`;
    expect((await api.errorOf(literal)).extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      argument: 'input.maxStrength',
    });
    const body = `{"query": ${JSON.stringify(START)}, "variables": {"input": {"modelId": "${modelId}", "maxStrength": 1e999}}}`;
    const { errors } = await api.send(body);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors[0]?.message).toContain('input.maxStrength');
    expect((await refusal({ maxStrength: 'NaN' })).extensions.code).toBe('BAD_USER_INPUT');
  });

  test('refuses a field that does not exist', async () => {
    const error = await refusal({ nope: 1 });
    expect(error.extensions.code).toBe('BAD_USER_INPUT');
    expect(error.message).toContain('"nope"');
  });

  test('is a CONFLICT on a model that is not READY', async () => {
    const importing = await server.importingModel('still importing');
    const error = await refusal({ modelId: importing });
    expect(error.extensions.code).toBe('CONFLICT');
    expect(error.message).toContain('IMPORTING');
  });

  test('returns the same run for the same idempotencyKey, also with a default spelt out', async () => {
    const first = await start({ idempotencyKey: 'again', seed: 3 });
    const second = await start({ idempotencyKey: 'again', seed: 3, directions: 16, learningRate: 0.0003 });
    expect(second.startDiscovery.id).toBe(first.startDiscovery.id);
  });

  test('returns one run to twenty concurrent requests with the same idempotencyKey', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, () => start({ idempotencyKey: 'race', seed: 4 })));
    expect(new Set(runs.map(({ startDiscovery }) => startDiscovery.id)).size).toBe(1);
  });

  test('is a CONFLICT if an idempotencyKey comes with another input', async () => {
    await start({ idempotencyKey: 'other', seed: 5 });
    expect((await refusal({ idempotencyKey: 'other', seed: 6 })).extensions.code).toBe('CONFLICT');
  });
});

describe('estimateDiscovery', () => {
  const ESTIMATE = 'query ($input: StartDiscoveryInput!) { estimateDiscovery(input: $input) { totalSeconds } }';

  test('is a CONFLICT while no worker is running', async () => {
    const error = await api.errorOf(ESTIMATE, { input: { modelId } });
    expect(error.extensions.code).toBe('CONFLICT');
    expect(error.message).toContain('worker');
  });

  test('refuses what startDiscovery would refuse', async () => {
    const error = await api.errorOf(ESTIMATE, { input: { modelId, directions: 0 } });
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'input.directions' });
  });
});

describe('cancelDiscovery', () => {
  const CANCEL = 'mutation ($id: ID!) { cancelDiscovery(id: $id) { id status finishedAt lastSeq } }';

  test('ends a queued discovery at once, and is a CONFLICT the second time', async () => {
    const { id } = (await start()).startDiscovery;
    const { cancelDiscovery } = await api.query<{ cancelDiscovery: Record<string, unknown> }>(CANCEL, { id });
    expect(cancelDiscovery).toMatchObject({ id, status: 'CANCELLED', lastSeq: 2 });
    expect(cancelDiscovery['finishedAt']).toMatch(/Z$/);
    expect((await api.errorOf(CANCEL, { id })).extensions.code).toBe('CONFLICT');
  });

  test('is NOT_FOUND for an id that nobody has', async () => {
    const error = await api.errorOf(CANCEL, { id: server.unknownId('Discovery') });
    expect(error.extensions.code).toBe('NOT_FOUND');
  });
});

describe('pauseDiscovery and resumeDiscovery', () => {
  const change = (name: string, id: string) => `mutation { ${name}Discovery(id: "${id}") { status lastSeq } }`;

  test('stop a queued discovery at once, and put it back', async () => {
    const { id } = (await start()).startDiscovery;
    expect(await api.query(change('pause', id))).toEqual({ pauseDiscovery: { status: 'PAUSED', lastSeq: 2 } });
    expect((await api.errorOf(change('pause', id))).extensions.code).toBe('CONFLICT');
    expect(await api.query(change('resume', id))).toEqual({ resumeDiscovery: { status: 'QUEUED', lastSeq: 3 } });
    expect((await api.errorOf(change('resume', id))).extensions.code).toBe('CONFLICT');
  });

  test('keep a queued discovery from a worker that has its job already, until it is resumed', async () => {
    const { id } = (await start()).startDiscovery;
    await api.query(change('pause', id));
    await expect(server.take(id)).rejects.toThrow('not to be had');
    expect(await api.query(change('resume', id))).toEqual({ resumeDiscovery: { status: 'QUEUED', lastSeq: 3 } });
    expect(await server.take(id)).toMatchObject({ epoch: 3 });
  });

  test('are a CONFLICT for what is over, and NOT_FOUND for what is not there', async () => {
    const { id } = (await start()).startDiscovery;
    await api.query(change('pause', id));
    await api.query(change('cancel', id));
    for (const name of ['pause', 'resume']) {
      expect((await api.errorOf(change(name, id))).extensions.code).toBe('CONFLICT');
      const unknown = server.unknownId('Discovery');
      expect((await api.errorOf(change(name, unknown))).extensions.code).toBe('NOT_FOUND');
    }
  });

  test('are taken back by each other while a worker has the run', async () => {
    const { id } = (await start()).startDiscovery;
    const held = await server.take(id);
    expect(await api.query(change('pause', id))).toEqual({ pauseDiscovery: { status: 'RUNNING', lastSeq: 2 } });
    expect(await server.work.requested(held)).toEqual({ pause: true, cancel: false, lost: false });
    await api.query(change('resume', id));
    expect(await server.work.requested(held)).toEqual({ pause: false, cancel: false, lost: false });
  });
});

test('discoveries lists the newest first, by model and by status', async () => {
  const other = await server.readyModel({ name: 'other' });
  const ids: string[] = [];
  for (const seed of [1, 2, 3]) ids.unshift((await start({ modelId: other, seed })).startDiscovery.id);
  const query = `query ($modelId: ID, $status: RunStatus) {
    discoveries(modelId: $modelId, status: $status) { totalCount edges { node { id status } } }
  }`;
  interface Page {
    readonly discoveries: {
      readonly totalCount: number;
      readonly edges: readonly { readonly node: { readonly id: string } }[];
    };
  }
  const { discoveries } = await api.query<Page>(query, { modelId: other, status: 'QUEUED' });
  expect(discoveries.edges.map(({ node }) => node.id)).toEqual(ids);
  const cancelled = await api.query<Page>(query, { modelId: other, status: 'CANCELLED' });
  expect(cancelled.discoveries).toEqual({ totalCount: 0, edges: [] });
});
