import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema, parse } from 'graphql';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { sharingKey } from '../../src/http/subscriptions/sharing-key.js';
import type { Held } from '../../src/storage/index.js';
import { collect } from '../helpers/client.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

let server: TestServer;
let modelId: string;
beforeAll(async () => {
  server = await startTestServer();
  modelId = await server.readyModel({ name: 'faces' });
});
afterAll(() => server.close());

const STEPS = `subscription ($id: ID!, $after: Int, $frames: FrameDelivery) {
  trainingProgress(discoveryId: $id, after: $after, frames: $frames) {
    ... on RunEvent { seq } ... on TrainingStep { step loss } ... on StatusChanged { status }
  }
}`;
const PICTURES = `subscription ($id: ID!, $frames: FrameDelivery) { trainingProgress(discoveryId: $id, frames: $frames) {
  ... on RunEvent { seq } ... on TrainingPreview { original { base64 } } } }`;

async function start(): Promise<{ id: string; held: Held }> {
  const mutation = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
  const { startDiscovery } = await server.api.query<{ startDiscovery: { id: string } }>(mutation, {
    input: { modelId },
  });
  return { id: startDiscovery.id, held: await server.take(startDiscovery.id) };
}

const FACTS = { totalSteps: 400, loss: 1, classificationLoss: 1, strengthLoss: 1, accuracy: 1, secondsPerStep: 1 };
const step = (held: Held, n: number) => server.work.trainings.step(held, { ...FACTS, step: n, peakMemoryBytes: 1 });
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

/** A number of GET /metrics. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.api.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

interface Seen {
  readonly trainingProgress: { readonly seq: number };
}
const seqs = (events: readonly Seen[]) => events.map(({ trainingProgress }) => trainingProgress.seq);

/** Noise, which no format makes smaller. */
async function noise(side: number) {
  const raw = { width: side, height: side, channels: 3 } as const;
  const bytes = await sharp(randomBytes(side * side * 3), { raw })
    .png()
    .toBuffer();
  return { bytes, width: side, height: side, contentType: 'image/png' };
}

/** A graphql-transport-ws client that can stop to read. */
async function slowClient(query: string, variables: object) {
  const socket = new WebSocket(`${server.api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const events: number[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  const completed = new Promise<void>((resolve) =>
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString()) as { type: string; payload?: { data?: Seen } };
      if (message.payload?.data) events.push(message.payload.data.trainingProgress.seq);
      if (message.type === 'complete') resolve();
    }),
  );
  await new Promise((resolve) => socket.on('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await new Promise((resolve) => socket.once('message', resolve));
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }));
  await new Promise((resolve) => socket.once('message', resolve));
  return { socket, events, completed, closed };
}

describe('many subscribers of one run', () => {
  test('who come and go at any time see every event once and in order, each from its own place', async () => {
    const { id, held } = await start();
    const clients = Array.from({ length: 30 }, () => server.api.socket());
    const following: Promise<{ after: number; seen: number[] }>[] = [];
    for (let n = 1; n <= 60; n += 1) {
      await step(held, n);
      if (n % 2 === 1) continue;
      const client = clients[n / 2 - 1]!;
      const after = (n * 7) % (n + 2);
      const frames = n % 3 === 0 ? 'LATEST' : 'ALL';
      following.push(collect<Seen>(client, STEPS, { id, after, frames }).then((all) => ({ after, seen: seqs(all) })));
      // Two at once on one socket, of which one is left early.
      if (n % 10 === 0) await collect<Seen>(client, STEPS, { id, after: 0 }, (events) => events.length === 3);
    }
    await server.work.setStatus(held, 'SUCCEEDED');
    for (const { after, seen } of await Promise.all(following)) expect(seen).toEqual(upTo(63).slice(after));
    await Promise.all(clients.map((client) => client.dispose()));
    expect(await metric('azimuth_subscribers')).toBe(0);
  });

  test('share one execution of each event, and those who asked for something else share another', async () => {
    const { id, held } = await start();
    const clients = Array.from({ length: 20 }, () => server.api.socket());
    const brief = STEPS.replace('step loss', 'step');
    const following = clients.map((client, n) => collect<Seen>(client, n % 2 ? STEPS : brief, { id, after: n % 3 }));
    while ((await metric('azimuth_subscribers')) < 20) await sleep(20);
    // What they replay is shared too, but only when they come at the same time.
    await sleep(200);
    const [executions, deliveries] = [
      await metric('azimuth_event_executions_total'),
      await metric('azimuth_event_deliveries_total'),
    ];
    for (const n of upTo(10)) await step(held, n);
    await server.work.setStatus(held, 'SUCCEEDED');
    for (const events of await Promise.all(following))
      expect(events.at(-1)).toMatchObject({ trainingProgress: { seq: 13 } });
    expect((await metric('azimuth_event_executions_total')) - executions).toBe(2 * 11);
    expect((await metric('azimuth_event_deliveries_total')) - deliveries).toBe(20 * 11);
    expect(await metric('azimuth_event_lag_seconds_count')).toBeGreaterThan(0);
    await Promise.all(clients.map((client) => client.dispose()));
  });

  test('get the same error, each for itself, when an event cannot be shown', async () => {
    const { id, held } = await start();
    const clients = [server.api.socket(), server.api.socket()];
    const query = `subscription ($id: ID!) { trainingProgress(discoveryId: $id, after: 2) {
      ... on TrainingPreview { original { id } } } }`;
    const errors = clients.map((client) => collect(client, query, { id }).catch((error: unknown) => error));
    const before = await metric('azimuth_subscribers');
    while ((await metric('azimuth_subscribers')) < Math.max(2, before)) await sleep(20);
    const gone = { originalId: crypto.randomUUID(), shiftedId: crypto.randomUUID() };
    await server.work.append(held, 'TrainingPreview', { step: 1, ...gone });
    const notFound = { errors: [{ extensions: { code: 'NOT_FOUND' }, path: ['trainingProgress', 'original'] }] };
    for (const error of await Promise.all(errors)) expect(error).toMatchObject(notFound);
    await Promise.all(clients.map((client) => client.dispose()));
  });
});

describe('a client that does not read', () => {
  test('holds nobody up and fills no memory, and gets everything in order once it reads again', async () => {
    const { id, held } = await start();
    const slow = await slowClient(PICTURES, { id });
    const latest = await slowClient(PICTURES, { id, frames: 'LATEST' });
    slow.socket.pause();
    latest.socket.pause();
    const other = server.api.socket();
    const quick = collect<Seen>(other, STEPS, { id });
    const picture = await noise(200);
    const place = { directionIndex: 0, strength: 1, timestep: 1, stepIndex: 0, samplingSteps: 1 };
    // 16 MB for each of them, of which the kernel takes some.
    for (const n of upTo(100)) await server.work.trainings.preview(held, { step: n, ...place }, picture, picture);
    await server.work.setStatus(held, 'SUCCEEDED');
    expect(seqs(await quick)).toEqual(upTo(103));
    expect(await metric('azimuth_socket_buffered_bytes')).toBeLessThan(2 * 2 ** 20);
    slow.socket.resume();
    latest.socket.resume();
    await Promise.all([slow.completed, latest.completed]);
    expect(slow.events).toEqual(upTo(103));
    const { events } = latest;
    expect(events.length).toBeLessThan(103);
    expect(events).toEqual([...new Set(events)].sort((a, b) => a - b));
    expect([events[0], events.at(-1)]).toEqual([1, 103]);
    for (const client of [slow, latest]) client.socket.terminate();
    await other.dispose();
  });

  test('is sent away after a while, with a code after which clients come back with after', async () => {
    const { id, held } = await start();
    const slow = await slowClient(PICTURES, { id });
    slow.socket.pause();
    const picture = await noise(300);
    const place = { directionIndex: 0, strength: 1, timestep: 1, stepIndex: 0, samplingSteps: 1 };
    for (const n of upTo(60)) await server.work.trainings.preview(held, { step: n, ...place }, picture, picture);
    while ((await metric('azimuth_subscribers')) > 0) await sleep(250);
    slow.socket.resume();
    const { code, reason } = await slow.closed;
    expect({ code, reason }).toEqual({ code: 1013, reason: expect.stringContaining('after') });
    expect(slow.events).toEqual(upTo(slow.events.length));
    const after = slow.events.length;
    const again = server.api.socket();
    await server.work.setStatus(held, 'CANCELLED');
    expect(seqs(await collect<Seen>(again, STEPS, { id, after }))).toEqual(upTo(63).slice(after));
    await again.dispose();
  });
});

describe('who shares with whom', () => {
  const schema = buildSchema(`type Query { a: Int }
    type Subscription { trainingProgress(discoveryId: ID!, after: Int, first: Int): Int }`);
  const query = 'subscription S($id: ID!, $n: Int) { trainingProgress(discoveryId: $id, after: $n) }';
  const base = { query, operationName: 'S', variables: { id: 'x', n: 1 } as Record<string, unknown> };
  const keyOf = (change: Partial<typeof base> & { runId?: string; audience?: string }) => {
    const { runId = 'r', audience = 'everyone', ...payload } = { ...base, ...change };
    return sharingKey(payload, { schema, document: parse(payload.query) }, { runId, audience });
  };

  test('those who differ in where they start only', () => {
    expect(keyOf({ variables: { id: 'x', n: 40 } })).toBe(keyOf({}));
    expect(keyOf({ variables: { id: 'x' } })).toBe(keyOf({}));
  });

  test('nobody with another run, audience, operation, document or variable', () => {
    const both = query.replace('after: $n', 'after: $n, first: $n');
    const others = [
      keyOf({ runId: 'other' }),
      keyOf({ audience: 'another role' }),
      keyOf({ operationName: 'T' }),
      keyOf({ query: `${query} ` }),
      keyOf({ variables: { id: 'y', n: 1 } }),
      keyOf({ query: both }),
      keyOf({ query: both, variables: { id: 'x', n: 2 } }),
    ];
    expect(new Set([keyOf({}), ...others]).size).toBe(8);
  });
});
