import type { Client } from 'graphql-ws';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { type ApiClient, collect, SubscriptionError } from '../helpers/client.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const PROGRESS = `subscription ($id: ID!, $after: Int, $frames: FrameDelivery) {
  trainingProgress(discoveryId: $id, after: $after, frames: $frames) {
    __typename
    ... on RunEvent { seq at }
    ... on StatusChanged { status error { code message } }
    ... on TrainingStep { step totalSteps loss adversarialLoss accuracy }
    ... on TrainingPreview { directionIndex strength original { url width } shifted { id } }
    ... on CheckpointSaved { step }
    ... on ScorecardUpdated { step directions { name accuracy } }
  }
}`;

interface Progress {
  readonly trainingProgress: {
    readonly __typename: string;
    readonly seq: number;
    readonly at: string;
    readonly status?: string;
    readonly step?: number;
  };
}

let server: TestServer;
let api: ApiClient;
let modelId: string;
let client: Client;

beforeAll(async () => {
  server = await startTestServer();
  api = server.api;
  modelId = await server.readyModel({ name: 'faces' });
});
afterAll(() => server.close());
beforeEach(() => {
  client = api.socket();
});
afterEach(() => client.dispose());

async function startDiscovery(): Promise<string> {
  const mutation = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
  const { startDiscovery } = await api.query<{ startDiscovery: { id: string } }>(mutation, { input: { modelId } });
  return startDiscovery.id;
}

const cancel = (id: string) => api.query('mutation ($id: ID!) { cancelDiscovery(id: $id) { id } }', { id });
const seqs = (events: readonly Progress[]) => events.map(({ trainingProgress }) => trainingProgress.seq);

describe('trainingProgress', () => {
  test('replays the log, goes on live, and completes after the final status', async () => {
    const id = await startDiscovery();
    const reading = collect<Progress>(client, PROGRESS, { id });
    await cancel(id);
    const events = await reading;
    expect(events.map(({ trainingProgress }) => trainingProgress.status)).toEqual(['QUEUED', 'CANCELLED']);
    expect(seqs(events)).toEqual([1, 2]);
    expect(events[0]?.trainingProgress.at).toMatch(/Z$/);
  });

  test('gives the whole log of a run that ended long ago', async () => {
    const id = await startDiscovery();
    await cancel(id);
    expect(seqs(await collect<Progress>(client, PROGRESS, { id }))).toEqual([1, 2]);
  });

  test('starts after the event that the client saw last, and completes at once if that was the final one', async () => {
    const id = await startDiscovery();
    await cancel(id);
    expect(seqs(await collect<Progress>(client, PROGRESS, { id, after: 1 }))).toEqual([2]);
    expect(await collect<Progress>(client, PROGRESS, { id, after: 2 })).toEqual([]);
  });

  test('loses no event of a client that drops its socket and comes back with after', async () => {
    const id = await startDiscovery();
    const before = await collect<Progress>(client, PROGRESS, { id }, (events) => events.length === 1);
    client.terminate();
    await cancel(id);
    const after = Math.max(...seqs(before));
    const again = await collect<Progress>(client, PROGRESS, { id, after });
    expect([...seqs(before), ...seqs(again)]).toEqual([1, 2]);
  });

  test.each([-1, 3])('refuses after: %i, which is not in the log', async (after) => {
    const id = await startDiscovery();
    await cancel(id);
    const error = await collect(client, PROGRESS, { id, after }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SubscriptionError);
    expect(error).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'after' } }] });
  });

  test('is NOT_FOUND for an id that nobody has, and BAD_USER_INPUT for one of another type', async () => {
    const unknown = await collect(client, PROGRESS, { id: server.unknownId('Discovery') }).catch(
      (reason: unknown) => reason,
    );
    expect(unknown).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    const other = await collect(client, PROGRESS, { id: modelId }).catch((reason: unknown) => reason);
    expect(other).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  test('gives every event of a training with its own fields, images by URL and directions as they are now', async () => {
    const id = await startDiscovery();
    const reading = collect<Progress>(client, PROGRESS, { id });
    const held = await server.take(id);
    const losses = {
      loss: 2.5,
      classificationLoss: 2,
      strengthLoss: 0.5,
      adversarialLoss: null,
      discriminatorLoss: null,
    };
    const speed = { accuracy: 0.25, secondsPerStep: 1.5, peakMemoryBytes: 3e9 };
    await server.work.trainings.step(held, { step: 1, totalSteps: 400, ...losses, ...speed });
    const bytes = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const picture = { bytes, width: 4, height: 4, contentType: 'image/png' };
    const at = { timestep: 90, stepIndex: 0, samplingSteps: 10 };
    await server.work.trainings.preview(held, { step: 1, directionIndex: 3, strength: -2.5, ...at }, picture, picture);
    await server.work.trainings.saveCheckpoint(held, 1, new Uint8Array(8), new Uint8Array(8), true);
    await server.work.trainings.saveScores(
      held,
      1,
      [{ index: 2, accuracy: 0.5, strengthError: 1, effectSize: 0.1 }],
      true,
    );
    await server.work.trainings.finish(held, async () => {});
    const events = (await reading).map(({ trainingProgress }) => trainingProgress);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(events.map(({ __typename }) => __typename)).toEqual([
      'StatusChanged',
      'StatusChanged',
      'TrainingStep',
      'TrainingPreview',
      'CheckpointSaved',
      'ScorecardUpdated',
      'StatusChanged',
    ]);
    expect(events[2]).toMatchObject({ step: 1, totalSteps: 400, loss: 2.5, adversarialLoss: null, accuracy: 0.25 });
    expect(events[3]).toMatchObject({ directionIndex: 3, strength: -2.5, original: { width: 4 } });
    expect(events[5]).toMatchObject({ step: 1, directions: [{ accuracy: 0.5 }] });
    expect(events[6]).toMatchObject({ status: 'SUCCEEDED', error: null });
    const query =
      'query ($id: ID!) { discovery(id: $id) { step secondsPerStep losses(last: 5) { seq step loss } directions(first: 3) { edges { node { version accuracy } } } } }';
    expect(await api.query(query, { id })).toEqual({
      discovery: {
        step: 1,
        secondsPerStep: 1.5,
        losses: [{ seq: 3, step: 1, loss: 2.5 }],
        directions: {
          edges: [null, null, 0.5].map((accuracy) => ({ node: { version: 1, accuracy } })),
        },
      },
    });
  });

  test('gives fidelity with the scorecard that has it, and it stays when a later one leaves it out', async () => {
    const id = await startDiscovery();
    const held = await server.take(id);
    const measured = {
      fidelity: [
        { strength: -3, kid: 0.25, frechetDistance: 1.5 },
        { strength: 3, kid: -0.01, frechetDistance: 0.5 },
      ],
      fidelityBaseline: { samples: 32, kid: 0.001, frechetDistance: 0.5 },
      strengthRange: { min: -1.5, max: 3 },
    };
    const unmeasured = { fidelity: [], fidelityBaseline: null, strengthRange: null };
    const brief = { accuracy: 0.5, strengthError: 1, effectSize: 0.1 };
    await server.work.trainings.saveScores(held, 1, [{ index: 0, ...brief, ...measured }], true);
    await server.work.trainings.saveScores(held, 2, [{ index: 0, ...brief }], true);
    await server.work.trainings.saveScores(held, 3, [{ index: 1, ...brief, ...unmeasured }], true);
    await server.work.trainings.finish(held, async () => {});
    const FIDELITY = `subscription ($id: ID!) { trainingProgress(discoveryId: $id) { ... on ScorecardUpdated {
      step directions {
        fidelity { strength kid frechetDistance }
        fidelityBaseline { samples kid frechetDistance }
        strengthRange { min max }
      } } } }`;
    const events = await collect<Progress>(client, FIDELITY, { id });
    expect(events.map(({ trainingProgress }) => trainingProgress).filter(({ step }) => step)).toEqual([
      { step: 1, directions: [measured] },
      { step: 2, directions: [measured] },
      { step: 3, directions: [unmeasured] },
    ]);
  });

  test('serves two clients of one run at their own pace', async () => {
    const id = await startDiscovery();
    const other = api.socket();
    const both = [
      collect<Progress>(client, PROGRESS, { id }),
      collect<Progress>(other, PROGRESS, { id, frames: 'LATEST' }),
    ];
    await cancel(id);
    expect((await Promise.all(both)).map(seqs)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await other.dispose();
  });

  test('ends at once when the client completes it, and leaves the socket open', async () => {
    const id = await startDiscovery();
    const startedAt = Date.now();
    await collect<Progress>(client, PROGRESS, { id }, (events) => events.length === 1);
    expect(Date.now() - startedAt).toBeLessThan(5000);
    expect(await collect(client, '{ server { workers } }', {})).toEqual([{ server: { workers: 0 } }]);
  });
});

test('editProgress gives frames and the result, which the edit then has', async () => {
  const mutation = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';
  const { applyEdit } = await api.query<{ applyEdit: { id: string } }>(mutation, {
    input: { modelId, seed: 1, shifts: [] },
  });
  const { id } = applyEdit;
  const query = `subscription ($id: ID!) { editProgress(editId: $id) {
    ... on RunEvent { seq }
    ... on EditFrame { stepIndex timestep image { id } }
    ... on EditFinished { result { id } original { id } }
  } }`;
  const reading = collect<{ editProgress: Record<string, unknown> }>(client, query, { id });
  const held = await server.take(id);
  const bytes = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'blue' } })
    .png()
    .toBuffer();
  const picture = { bytes, width: 4, height: 4, contentType: 'image/png' };
  const payload = { coarse: false, timestep: 10, stepIndex: 0, samplingSteps: 1 };
  await server.work.edits.appendFrames(held, [{ payload, image: picture, original: null, difference: null }]);
  await server.work.edits.finish(held, picture, picture, null);
  const events = (await reading).map(({ editProgress }) => editProgress);
  const image = { id: expect.any(String) };
  expect(events).toEqual([
    { seq: 1 },
    { seq: 2 },
    { seq: 3, stepIndex: 0, timestep: 10, image },
    { seq: 4, result: image, original: image },
    { seq: 5 },
  ]);
  const edit =
    'query ($id: ID!) { edit(id: $id) { status lastSeq finishedAt result { id } frames { stepIndex image { id } } } }';
  expect(await api.query(edit, { id })).toEqual({
    edit: {
      status: 'SUCCEEDED',
      lastSeq: 5,
      finishedAt: expect.any(String),
      result: image,
      frames: [{ stepIndex: 0, image }],
    },
  });
});

test('editProgress and importProgress follow their runs', async () => {
  const mutation = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';
  const { applyEdit } = await api.query<{ applyEdit: { id: string } }>(mutation, {
    input: { modelId, seed: 1, shifts: [] },
  });
  const edits = 'subscription ($id: ID!) { editProgress(editId: $id) { ... on StatusChanged { seq status } } }';
  const once = (events: readonly unknown[]) => events.length === 1;
  expect(await collect(client, edits, { id: applyEdit.id }, once)).toEqual([
    { editProgress: { seq: 1, status: 'QUEUED' } },
  ]);
  const imports = 'subscription ($id: ID!) { importProgress(modelId: $id) { ... on RunEvent { seq } } }';
  const importing = await server.importingModel('importing');
  expect(await collect(client, imports, { id: importing }, once)).toEqual([{ importProgress: { seq: 1 } }]);
});

describe('a socket', () => {
  const errorsOf = async (query: string) => {
    const error = await collect(client, query, {}).catch((reason: unknown) => reason);
    return error instanceof Error
      ? error
      : (error as readonly { extensions: unknown }[]).map(({ extensions }) => extensions);
  };

  test('answers an operation that cannot be parsed or is not valid, and stays open', async () => {
    expect(await errorsOf('{ nonsense')).toEqual([{ code: 'BAD_USER_INPUT' }]);
    expect(await errorsOf('{ nonsense }')).toEqual([{ code: 'BAD_USER_INPUT' }]);
    expect(await collect(client, '{ server { workers } }', {})).toHaveLength(1);
  });

  test('has the limits of HTTP: aliases, depth, cost and tokens', async () => {
    const aliases = Array.from({ length: 31 }, (_, n) => `a${n}: server { version }`).join(' ');
    expect(await errorsOf(`{ ${aliases} }`)).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]);
    const nested = (depth: number): string => (depth === 0 ? 'id' : `id duplicateOf { ${nested(depth - 1)} }`);
    expect(await errorsOf(`{ direction(id: "x") { ${nested(15)} } }`)).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]);
    const pages = '{ models(first: 200) { edges { node { directions(first: 200) { edges { node { id name } } } } } } }';
    expect(await errorsOf(pages)).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]);
    expect(await errorsOf(`{ server { ${'version '.repeat(2000)} } }`)).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]);
  });

  test.each([
    ['http://evil.example', 403],
    ['null', 403],
  ])('is refused to a page from %s', async (origin, status) => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { origin });
    const answered = new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('open', () => resolve('open'));
    });
    socket.on('error', () => {});
    expect(await answered).toBe(status);
    socket.terminate();
  });

  test('is open to a page on the same machine', async () => {
    const origin = 'http://localhost:3000';
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { origin });
    await new Promise((resolve) => socket.on('open', resolve));
    socket.terminate();
  });
});
