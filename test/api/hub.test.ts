import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEngine } from '../../src/engine/index.js';
import { collect } from '../helpers/client.js';
import { FakeEngine } from '../helpers/fake-engine.js';
import { FakeHub } from '../helpers/hub.js';
import { TINY_MODEL } from '../helpers/models.js';
import { WorkingServer } from '../helpers/working-server.js';

const IMPORT = 'mutation ($input: ImportModelInput!) { importModel(input: $input) { id status source name } }';
const MODEL =
  'query ($id: ID!) { model(id: $id) { status source name hash hTap error { code message } report { files { path } } } }';
const PROGRESS = `subscription ($id: ID!) { importProgress(modelId: $id) {
  __typename ... on StatusChanged { status error { code message } } ... on ImportStage { stage done total } } }`;
const WEIGHTS = 'diffusion_pytorch_model.safetensors';

interface Event {
  readonly importProgress: {
    readonly __typename: string;
    readonly status?: string;
    readonly error?: { readonly code: string; readonly message: string } | null;
    readonly stage?: string;
    readonly done?: number;
    readonly total?: number;
  };
}

let hub: FakeHub;
let server: WorkingServer;

beforeAll(async () => {
  hub = await FakeHub.start();
  const real = await createEngine({ device: 'cpu' });
  // What follows an import is no matter of hubs.
  const engine = new FakeEngine();
  engine.importModel = (...request) => real.importModel(...request);
  server = await WorkingServer.start({ endpoint: hub.url, token: 'secret', engine });
}, 300_000);
afterAll(async () => {
  await server.close();
  await hub.close();
});
beforeEach(() => hub.offer(TINY_MODEL));

const cache = () => join(server.dataDir, 'hub');
const folder = () => join(cache(), 'someone--tiny', hub.commit);
const partials = () => (existsSync(join(cache(), 'partial')) ? readdirSync(join(cache(), 'partial')) : []);

/** Nothing of an earlier test. */
async function forget(): Promise<void> {
  await rm(cache(), { recursive: true, force: true });
}

async function begin(input: object = {}): Promise<string> {
  const answer = await server.app.api.query<{ importModel: { id: string } }>(IMPORT, {
    input: { hubId: 'someone/tiny', ...input },
  });
  return answer.importModel.id;
}

async function follow(id: string) {
  const client = server.app.api.socket();
  const events = (await collect<Event>(client, PROGRESS, { id })).map(({ importProgress }) => importProgress);
  await client.dispose();
  const { model } = await server.app.api.query<{
    model: Record<string, string> & { error: { message: string; code: string } | null };
  }>(MODEL, { id });
  return { events, model, fetching: events.filter(({ stage }) => stage === 'fetching') };
}

const imported = async (input: object = {}) => follow(await begin(input));

describe('importModel from a hub', () => {
  test('fetches what is needed, with progress in bytes, and is the model of the folder', async () => {
    hub.files.set('README.md', Buffer.alloc(50_000));
    hub.files.set('diffusion_pytorch_model.bin', Buffer.alloc(50_000));
    hub.files.set('logs/config.json', Buffer.from('{}'));
    const local = await server.app.importModel(TINY_MODEL);
    const { model: own } = await server.app.api.query<{ model: { hash: string } }>(MODEL, { id: local });
    const { model, fetching, events } = await imported();
    expect(model).toMatchObject({
      status: 'READY',
      name: 'tiny',
      source: `hub:someone/tiny@${hub.commit}`,
      hash: own.hash,
    });
    const wanted = ['config.json', WEIGHTS, 'scheduler/scheduler_config.json', 'golden.json'].map(
      (name) => hub.files.get(name)!.length,
    );
    const total = fetching[0]!.total;
    expect(total).toBeLessThanOrEqual(
      wanted.reduce((sum, size) => sum + size, 0) + hub.files.get('golden.safetensors')!.length,
    );
    expect(fetching.at(-1)).toMatchObject({ done: total, total });
    expect(events.at(-1)).toMatchObject({ status: 'SUCCEEDED' });
    expect(readFileSync(join(folder(), WEIGHTS)).equals(hub.files.get(WEIGHTS)!)).toBe(true);
    expect(existsSync(join(folder(), 'README.md')) || existsSync(join(folder(), 'diffusion_pytorch_model.bin'))).toBe(
      false,
    );
    expect(partials()).toEqual([]);
    expect(existsSync(`${folder()}.incoming`)).toBe(false);
  });

  test('takes it from the cache the second time', async () => {
    expect((await imported()).model['status']).toBe('READY');
    expect(hub.ranges).toEqual([]);
  });

  test('goes on where a connection broke, and checks the whole', async () => {
    await forget();
    hub.breaks = [7000, 30_000];
    expect((await imported()).model['status']).toBe('READY');
    const ranges = hub.ranges.filter((line) => line.startsWith(WEIGHTS));
    expect(ranges.length).toBeGreaterThanOrEqual(3);
    const size = hub.files.get(WEIGHTS)!.length;
    expect(ranges[1]).toBe(`${WEIGHTS} bytes=7000-${size - 1}`);
    expect(readFileSync(join(folder(), WEIGHTS)).equals(hub.files.get(WEIGHTS)!)).toBe(true);
  });

  test('that is cancelled leaves no model, and the next one goes on from what had come', async () => {
    await forget();
    // The first connection breaks after 20 000 bytes, and the second one gives nothing.
    hub.breaks = [20_000];
    let asked = 0;
    hub.beforeFile = async (path) => {
      asked += path === WEIGHTS ? 1 : 0;
      if (path !== WEIGHTS || asked < 2) return;
      await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
    };
    const id = await begin();
    while (asked < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await server.app.api.query('mutation ($id: ID!) { cancelImport(id: $id) { id } }', { id });
    const { model, events } = await follow(id);
    expect(events.at(-1)).toMatchObject({ status: 'CANCELLED' });
    expect(model).toMatchObject({ status: 'FAILED', error: { code: 'CANCELLED' } });
    expect(existsSync(folder())).toBe(false);
    expect(partials()).toHaveLength(1);
    hub.beforeFile = async () => {};
    hub.ranges.length = 0;
    expect((await imported()).model['status']).toBe('READY');
    expect(hub.ranges.filter((line) => line.startsWith(WEIGHTS))).toEqual([
      `${WEIGHTS} bytes=20000-${hub.files.get(WEIGHTS)!.length - 1}`,
    ]);
    expect(partials()).toEqual([]);
  });

  test('sends the token', async () => {
    await forget();
    hub.token = 'secret';
    expect((await imported({ name: 'mine', revision: 'v1' })).model).toMatchObject({ status: 'READY', name: 'mine' });
  });

  test.each([
    [
      'content that is not what was promised',
      () => {
        hub.damage = (path, bytes) => (path === WEIGHTS ? Buffer.concat([bytes.subarray(0, -1), Buffer.of(7)]) : bytes);
      },
      {},
      'MODEL_INVALID',
      /expected content with hash .* damaged/,
    ],
    [
      'a path that leads elsewhere',
      () => hub.extraPaths.push('unet/../../../evil.json'),
      {},
      'MODEL_INVALID',
      /inside the repository/,
    ],
    ['an absolute path', () => hub.extraPaths.push('/etc/evil.json'), {}, 'MODEL_INVALID', /inside the repository/],
    [
      "another system's path",
      () => hub.extraPaths.push('unet\\..\\evil.json'),
      {},
      'MODEL_INVALID',
      /inside the repository/,
    ],
    [
      'no weights',
      () => hub.files.delete(WEIGHTS) && hub.files.delete('golden.safetensors'),
      {},
      'MODEL_INVALID',
      /found none/,
    ],
    [
      'a configuration that is not understood',
      () => hub.files.set('config.json', Buffer.from('{"_class_name":"Other"}')),
      {},
      'MODEL_INVALID',
      /./,
    ],
    ['a missing revision', () => {}, { revision: 'gone' }, 'BAD_USER_INPUT', /404 .* Check hubId and revision/],
    ['a missing repository', () => {}, { hubId: 'no/body' }, 'BAD_USER_INPUT', /404/],
    [
      'a token that is not taken',
      () => {
        hub.token = 'another';
      },
      {},
      'BAD_USER_INPUT',
      /401 .* HF_TOKEN/,
    ],
  ] as const)('refuses %s, and leaves nothing behind', async (_, prepare, input, code, message) => {
    await forget();
    // No model is loaded from there.
    hub.commit = 'd'.repeat(40);
    prepare();
    const { model, events } = await imported(input);
    expect(events.at(-1)).toMatchObject({ status: 'FAILED', error: { code, message: expect.stringMatching(message) } });
    expect(model).toMatchObject({ status: 'FAILED', error: { code } });
    expect(existsSync(folder()) || existsSync(`${folder()}.incoming`)).toBe(false);
    expect(partials()).toEqual([]);
  });

  test.each([
    ['neither path nor hubId', { hubId: null }],
    ['both', { path: '/a' }],
    ['a revision of a path', { hubId: null, path: '/a', revision: 'main' }],
    ['an id that leads elsewhere', { hubId: '../../etc' }],
    ['an id of three parts', { hubId: 'a/b/c' }],
    ['a revision that leads elsewhere', { revision: '../main' }],
  ])('refuses %s at once', async (_, input) => {
    const error = await server.app.api.errorOf(IMPORT, { input: { hubId: 'someone/tiny', ...input } });
    expect(error.extensions.code).toBe('BAD_USER_INPUT');
  });
});
