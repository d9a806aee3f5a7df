import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { LIMIT_SETTINGS, readLimits } from '../../src/access/limits.js';
import { TokenBucket } from '../../src/access/token-bucket.js';
import { packageFile } from '../../src/package.js';
import type { Answer, ApiClient, ApiError } from '../helpers/client.js';
import { startTestServer, type TestServer, WITH_TOKENS } from '../helpers/server.js';

/** Each limit small, so that it is reached; who is limited hears of the number and of the variable that sets it. */

let server: TestServer;
let api: ApiClient;
let modelId: string;
let directionId: string;
let importing: string;
beforeAll(async () => {
  const limits = {
    queuedRuns: 12,
    runsPerToken: 3,
    trainingSteps: 50,
    samplingSteps: 20,
    directions: 8,
    sweepEdits: 4,
    imageBytes: 2000,
    imagePixels: 100,
    directionBytes: 1000,
    bodyBytes: 20_000,
    storageBytes: 3000,
    messageBytes: 5000,
    operations: 2,
    sockets: 2,
  };
  server = await startTestServer({ access: WITH_TOKENS, limits });
  api = server.api;
  modelId = await server.readyModel({ name: 'limited' });
  importing = await server.importingModel('watched');
  directionId = (await server.directions(modelId, { count: 1 }))[0] as string;
});
afterAll(() => server.close());

const DISCOVER = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
const EDIT = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';
const SWEEP = 'mutation ($input: StartSweepInput!) { startSweep(input: $input) { id } }';
const anEdit = (more: object = {}) => ({ modelId, seed: 1, shifts: [{ directionId, strength: 1 }], ...more });

function told(error: ApiError | undefined): Record<string, unknown> {
  const { code, limit, value, setting } = error?.extensions ?? {};
  return { code, limit, value, setting };
}

describe('what an operation may ask for', () => {
  test.each([
    ['trainingSteps', { trainingSteps: 51 }, 50, 51, 'AZIMUTH_MAX_TRAINING_STEPS'],
    ['samplingSteps', { samplingSteps: 21, trainingSteps: 10 }, 20, 21, 'AZIMUTH_MAX_SAMPLING_STEPS'],
    ['directions', { directions: 9, trainingSteps: 10 }, 8, 9, 'AZIMUTH_MAX_DIRECTIONS'],
  ])('of a discovery: %s', async (_, input, limit, value, setting) => {
    const error = await api.errorOf(DISCOVER, { input: { modelId, ...input } });
    expect(told(error)).toEqual({ code: 'LIMIT_EXCEEDED', limit, value, setting });
    expect(error.message).toContain(`At most ${limit} `);
  });

  test('of an edit and a sweep', async () => {
    const edit = await api.errorOf(EDIT, { input: anEdit({ samplingSteps: 21 }) });
    expect(told(edit)).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 20, value: 21 });
    const input = { edit: anEdit({ samplingSteps: 4 }), directionIds: [directionId], strengths: [1, 2, 3, 4, 5] };
    expect(told(await api.errorOf(SWEEP, { input }))).toEqual({
      code: 'LIMIT_EXCEEDED',
      limit: 4,
      value: 5,
      setting: 'AZIMUTH_MAX_SWEEP',
    });
  });
});

describe('runs', () => {
  const start = (client: ApiClient) => client.request(EDIT, { input: anEdit({ samplingSteps: 4 }) });
  const counted = async () => {
    const { rows } = await server.pool.query(
      "SELECT count(*)::int AS n FROM run WHERE status = 'QUEUED' AND kind = 'edit'",
    );
    return rows[0].n as number;
  };

  test('of one token are limited, however many are asked for at once; another token has its own', async () => {
    const { row, secret } = await server.token('EDIT');
    const app = api.as(secret);
    const answers = await Promise.all(Array.from({ length: 12 }, () => start(app)));
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(3);
    const refused = answers.find(({ errors }) => errors.length > 0)?.errors[0];
    expect(told(refused)).toEqual({
      code: 'LIMIT_EXCEEDED',
      limit: 3,
      value: 4,
      setting: 'AZIMUTH_MAX_RUNS_PER_TOKEN',
    });
    const { rows } = await server.pool.query('SELECT count(*)::int AS n FROM run WHERE token_id = $1', [row.id]);
    expect(rows[0].n).toBe(3);
    expect((await start(api.as((await server.token('EDIT')).secret))).errors).toEqual([]);
  });

  test('that replace another take its place', async () => {
    const app = api.as((await server.token('EDIT')).secret);
    let replaces: string | null = null;
    for (let n = 0; n < 6; n++) {
      const input = anEdit({ samplingSteps: 4, replaces });
      const answer: Answer<{ applyEdit: { id: string } }> = await app.request(EDIT, { input });
      expect(answer.errors).toEqual([]);
      replaces = answer.data?.applyEdit.id ?? null;
    }
  });

  test('wait in a queue that is full some time, and takes more once it has room; the same key is no new run', async () => {
    const before = await counted();
    const answers = await Promise.all(Array.from({ length: 30 }, () => start(api)));
    const queued = answers.flatMap(({ data }) => (data ? [data] : []));
    const codes = answers.flatMap(({ errors }) => errors.map((error) => told(error)));
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set(['QUEUE_FULL']));
    expect(codes[0]).toMatchObject({ limit: 12, setting: 'AZIMUTH_MAX_QUEUED_RUNS' });
    expect(before + queued.length).toBeLessThanOrEqual(12);
    const sweep = { edit: anEdit({ samplingSteps: 4 }), directionIds: [directionId], strengths: [1, 2] };
    expect(told(await api.errorOf(SWEEP, { input: sweep }))).toMatchObject({ code: 'QUEUE_FULL' });
    const { applyEdit } = queued[0] as { applyEdit: { id: string } };
    await api.query('mutation ($id: ID!) { cancelEdit(id: $id) { id } }', { id: applyEdit.id });
    const keyed = { input: anEdit({ samplingSteps: 4, idempotencyKey: 'the-last-place' }) };
    const { data } = await api.request(EDIT, keyed);
    expect(data).not.toBeNull();
    expect((await api.request(EDIT, keyed)).data).toEqual(data);
    expect((await start(api)).errors[0]?.extensions.code).toBe('QUEUE_FULL');
  });
});

describe('uploads', () => {
  const picture = (side: number) =>
    sharp({
      create: { width: side, height: side, channels: 3, background: 'blue', noise: { type: 'gaussian', sigma: 30 } },
    })
      .png()
      .toBuffer();
  async function post(path: string, type: string, body: Uint8Array) {
    const headers = { ...api.authorization, 'content-type': type };
    const response = await fetch(`${api.url}${path}`, { method: 'POST', headers, body: new Uint8Array(body) });
    const { errors } = (await response.json()) as { errors?: ApiError[] };
    return { status: response.status, ...told(errors?.[0]) };
  }
  /** What an edit is told where no run waits: an edit that is asked for over and over does not fill the queue itself. */
  async function editErrors() {
    await server.pool.query("UPDATE run SET status = 'CANCELLED' WHERE status = 'QUEUED'");
    return (await api.request(EDIT, { input: anEdit({ samplingSteps: 4 }) })).errors;
  }

  test('are limited in bytes and pixels', async () => {
    expect(await post('/images', 'image/png', Buffer.alloc(2001))).toEqual({
      status: 413,
      code: 'LIMIT_EXCEEDED',
      limit: 2000,
      value: 2001,
      setting: 'AZIMUTH_MAX_IMAGE_BYTES',
    });
    expect(await post('/images', 'image/png', await picture(11))).toMatchObject({
      status: 413,
      limit: 100,
      value: 121,
    });
    expect(await post('/directions', 'application/octet-stream', Buffer.alloc(1001))).toMatchObject({ limit: 1000 });
    expect(await post('/graphql', 'application/json', Buffer.alloc(20_001))).toMatchObject({ limit: 20_000 });
  });

  test('end with STORAGE_FULL at the quota, and everything else goes on', async () => {
    const answers = [];
    for (let n = 0; n < 16; n++) answers.push(await post('/images', 'image/png', await picture(10)));
    expect(answers[0]?.status).toBe(201);
    expect(answers.at(-1)).toMatchObject({
      status: 507,
      code: 'STORAGE_FULL',
      limit: 3000,
      setting: 'AZIMUTH_STORAGE_BYTES',
    });
    const { rows } = await server.pool.query('SELECT sum(octet_length(bytes))::int AS bytes FROM blob');
    expect(rows[0].bytes).toBeLessThanOrEqual(3000);
    await expect.poll(editErrors).toEqual([]);
    await api.query('{ edits { totalCount } }');
    await server.pool.query(`INSERT INTO blob SELECT 'filler', decode(repeat('00', 3000), 'hex')`);
    await expect.poll(async () => (await editErrors())[0]?.extensions.code, { timeout: 5000 }).toBe('STORAGE_FULL');
    await server.pool.query("DELETE FROM blob WHERE hash = 'filler'");
  });

  test("end with STORAGE_FULL when PostgreSQL's own disk is full", async () => {
    await server.pool.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`);
    for (const table of ['image', 'edit'])
      await server.pool.query(`CREATE TRIGGER full_disk BEFORE INSERT ON ${table} EXECUTE FUNCTION full_disk()`);
    await expect
      .poll(() => post('/images', 'image/png', Buffer.from(onePixel)))
      .toMatchObject({
        status: 507,
        code: 'STORAGE_FULL',
      });
    const error = await api.errorOf(EDIT, { input: anEdit({ samplingSteps: 4 }) });
    expect(error.extensions.code).toBe('STORAGE_FULL');
    for (const table of ['image', 'edit']) await server.pool.query(`DROP TRIGGER full_disk ON ${table}`);
    // Bytes that could not be written count until the next count.
    await expect.poll(editErrors, { timeout: 5000 }).toEqual([]);
  });

  let onePixel: Uint8Array;
  beforeAll(async () => {
    onePixel = await picture(1);
  });
});

describe('sockets', () => {
  const open = () => new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const ended = (socket: WebSocket) =>
    new Promise<{ code: number; reason: string }>((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );

  test('of one address are limited, and one that is closed makes room', async () => {
    const first = [open(), open()];
    await Promise.all(first.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
    const { code, reason } = await ended(open());
    expect([code, reason]).toEqual([1013, 'LIMIT_EXCEEDED: at most 2 sockets of one token or address.']);
    for (const socket of first) {
      const end = ended(socket);
      socket.close();
      await end;
    }
    const again = open();
    await new Promise((resolve) => again.once('open', resolve));
    again.close();
    await ended(again);
  });

  test('carry so many operations, and messages of such a size', async () => {
    const socket = open();
    const errors: ApiError[] = [];
    const done = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const { type, payload } = JSON.parse(String(data));
        if (type === 'connection_ack')
          for (const id of ['1', '2', '3'])
            socket.send(
              JSON.stringify({
                id,
                type: 'subscribe',
                payload: { query: `subscription { importProgress(modelId: "${importing}") { __typename } }` },
              }),
            );
        if (type === 'error') {
          errors.push(...payload);
          resolve();
        }
      });
    });
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token: api.token } })));
    await done;
    expect(told(errors[0])).toEqual({ code: 'LIMIT_EXCEEDED', limit: 2, value: 3, setting: 'AZIMUTH_MAX_OPERATIONS' });
    const end = ended(socket);
    socket.send(`{"type":"ping","payload":{"x":"${'x'.repeat(5000)}"}}`);
    expect((await end).code).toBe(1009);
  });
});

describe('the rate', () => {
  test('lets a burst through and then so many a second, each key its own', () => {
    const bucket = new TokenBucket(10, 3);
    expect([0, 0, 0, 0].map(() => bucket.take('a', 0))).toEqual([0, 0, 0, 0.1]);
    expect(bucket.take('b', 0)).toBe(0);
    expect(bucket.take('a', 100)).toBe(0);
    expect(bucket.take('a', 100)).toBeCloseTo(0.1);
    expect([0, 0, 0].map(() => bucket.take('a', 1e6))).toEqual([0, 0, 0]);
    expect(bucket.take('a', 1e6)).toBeGreaterThan(0);
  });

  test('is kept over HTTP and WebSocket, by token; health is always told', async () => {
    const slow = await startTestServer({ access: WITH_TOKENS, limits: { rate: 1, burst: 4 } });
    const app = slow.api.as((await slow.token('READ')).secret);
    const statuses = [];
    for (let n = 0; n < 8; n++) statuses.push(await app.request('{ __typename }'));
    const refused = statuses.at(-1);
    expect(refused?.status).toBe(429);
    expect(told(refused?.errors[0])).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 1, setting: 'AZIMUTH_RATE' });
    const response = await fetch(`${app.url}/metrics`, { headers: app.authorization });
    expect([response.status, Number(response.headers.get('retry-after')) >= 1]).toEqual([429, true]);
    const client = app.socket();
    const overSocket = await new Promise<unknown>((resolve) =>
      client.subscribe({ query: '{ __typename }' }, { next: resolve, error: resolve, complete: () => {} }),
    );
    expect(overSocket).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED', limit: 1 } }]);
    await client.dispose();
    expect((await slow.api.request('{ __typename }')).status).toBe(200);
    for (let n = 0; n < 10; n++) expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    const guesses = [];
    for (let n = 0; n < 8; n++) guesses.push((await slow.api.as(`guess-${n}`).request('{ __typename }')).status);
    expect(guesses.at(-1)).toBe(429);
    await slow.close();
  });
});

describe('settings of limits', () => {
  test.each([
    ['AZIMUTH_MAX_DEPTH', '0'],
    ['AZIMUTH_MAX_DEPTH', '-1'],
    ['AZIMUTH_MAX_DEPTH', '1e3'],
    ['AZIMUTH_MAX_SWEEP', '257'],
    ['AZIMUTH_RATE', 'fast'],
  ])('%s=%s is refused by name', (name, value) => {
    expect(() => readLimits({ [name]: value }, false)).toThrow(`${name}: expected an integer from`);
  });

  test('have the defaults that docs/configuration.md says, and it leaves none out', () => {
    const rows = readFileSync(packageFile('docs/configuration.md'), 'utf8').split('\n');
    const told = Object.fromEntries(
      rows.flatMap((row) => {
        const [, names = '', fallback = ''] = row.split('|').map((cell) => cell.trim());
        return [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => [name, fallback.replaceAll(/[`,]/g, '')]);
      }),
    );
    for (const { variable, fallback } of Object.values(LIMIT_SETTINGS))
      expect([variable, told[variable]?.split(' ')[0]]).toEqual([variable, String(fallback)]);
  });
});
