import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../helpers/client.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const APPLY = `mutation ($input: ApplyEditInput!) {
  applyEdit(input: $input) {
    id status seed samplingSteps reverseProcess eta warnings createdAt reconstructionPsnr
    image { id } original { id } result { id } frames { seq } model { id }
    shifts { strength curve { t weight } direction { id name } }
  }
}`;

interface Applied {
  readonly applyEdit: {
    readonly id: string;
    readonly status: string;
    readonly reverseProcess: string;
    readonly warnings: readonly string[];
    readonly shifts: readonly unknown[];
  };
}

let server: TestServer;
let api: ApiClient;
let modelId: string;
/** Two SYMMETRIC directions with parameters, one ASYMMETRIC. */
let smile: string;
let age: string;
let hair: string;

beforeAll(async () => {
  server = await startTestServer();
  api = server.api;
  modelId = await server.readyModel({ name: 'faces', trainTimesteps: 100 });
  [smile = '', age = ''] = await server.directions(modelId, { count: 2, reverseProcess: 'SYMMETRIC' });
  [hair = ''] = await server.directions(modelId, { count: 1, reverseProcess: 'ASYMMETRIC' });
});
afterAll(() => server.close());

/** Two directions of a discovery, the first with a range. */
async function scoredDirections(strengthRange: { min: number; max: number }): Promise<string[]> {
  const mutation = `mutation { startDiscovery(input: { modelId: "${modelId}", directions: 2 }) {
    id directions { edges { node { id } } } } }`;
  type Started = { startDiscovery: { id: string; directions: { edges: { node: { id: string } }[] } } };
  const { startDiscovery } = await api.query<Started>(mutation);
  const held = await server.take(startDiscovery.id);
  await server.work.trainings.saveStatistics(held, new Uint8Array(4));
  await server.work.trainings.saveCheckpoint(held, 1, new Uint8Array(4), new Uint8Array(4), true);
  const brief = { accuracy: 1, strengthError: 0, effectSize: 1 };
  await server.work.trainings.saveScores(held, 1, [{ index: 0, ...brief, strengthRange }], true);
  return startDiscovery.directions.edges.map(({ node }) => node.id);
}

const apply = (input: object) => api.query<Applied>(APPLY, { input: { modelId, seed: 1, shifts: [], ...input } });
const refusal = (input: object) => api.errorOf(APPLY, { input: { modelId, seed: 1, shifts: [], ...input } });
const shift = (fields: object = {}) => ({ directionId: smile, strength: 2, ...fields });

describe('applyEdit', () => {
  test('queues an edit with its defaults and returns at once', async () => {
    const curve = [
      { t: 0, weight: 1 },
      { t: 0.5, weight: -0.5 },
    ];
    const { applyEdit } = await apply({ shifts: [shift(), shift({ directionId: age, strength: -1.5, curve })] });
    expect(applyEdit).toMatchObject({
      status: 'QUEUED',
      seed: 1,
      samplingSteps: 20,
      reverseProcess: 'SYMMETRIC',
      eta: 0,
      warnings: [],
      image: null,
      original: null,
      result: null,
      frames: [],
      model: { id: modelId },
    });
    expect(applyEdit.shifts).toMatchObject([
      { strength: 2, curve: [], direction: { id: smile } },
      { strength: -1.5, curve, direction: { id: age } },
    ]);
  });

  test("takes the directions' own process, and warns where it differs", async () => {
    const own = await apply({ shifts: [shift({ directionId: hair })] });
    expect(own.applyEdit).toMatchObject({ reverseProcess: 'ASYMMETRIC', warnings: [] });
    const mixed = await apply({ shifts: [shift(), shift({ directionId: hair })] });
    expect(mixed.applyEdit.reverseProcess).toBe('SYMMETRIC');
    expect(mixed.applyEdit.warnings).toHaveLength(1);
    const asked = await apply({ shifts: [shift()], reverseProcess: 'ASYMMETRIC' });
    expect(asked.applyEdit.reverseProcess).toBe('ASYMMETRIC');
    expect(asked.applyEdit.warnings[0]).toContain('trained with SYMMETRIC');
  });

  test('warns of a strength beyond the range in which a direction was found faithful, its curve included', async () => {
    const [bold, unmeasured] = (await scoredDirections({ min: -1.5, max: 3.25 })) as [string, string];
    const warnings = async (fields: object) => (await apply({ shifts: [shift(fields)] })).applyEdit.warnings;
    const curve = [
      { t: 0, weight: 0.5 },
      { t: 1, weight: -2 },
    ];
    for (const strength of [-1.5, 0, 3.25]) expect(await warnings({ directionId: bold, strength })).toEqual([]);
    expect(await warnings({ directionId: bold, strength: 3.5 })).toEqual([
      '"Direction 1" is applied at strength 3.5; its samples were found faithful from -1.5 to 3.25.',
    ]);
    expect(await warnings({ directionId: bold, strength: 0.7, curve })).toEqual([]);
    expect((await warnings({ directionId: bold, strength: 1, curve }))[0]).toContain('at strength -2;');
    expect(await warnings({ directionId: unmeasured, strength: 90 })).toEqual([]);
    const both = await apply({
      shifts: [shift({ directionId: bold, strength: -4 }), shift({ directionId: hair })],
      reverseProcess: 'SYMMETRIC',
    });
    expect(both.applyEdit.warnings).toHaveLength(2);
  });

  test.each<[string, () => object, string]>([
    ['neither seed nor imageId', () => ({ seed: null }), 'input.seed'],
    ['both seed and imageId', () => ({ imageId: server.unknownId('Image') }), 'input.seed'],
    ['a fit without an image', () => ({ fit: 'PAD' }), 'input.fit'],
    ['a direction in the place of an image', () => ({ seed: null, imageId: smile }), 'input.imageId'],
    ['a quality boost above 1', () => ({ qualityBoost: 1.5 }), 'input.qualityBoost'],
    ['more coarse steps than steps', () => ({ samplingSteps: 5, coarseSteps: 6 }), 'input.coarseSteps'],
    ['a negative seed', () => ({ seed: -1 }), 'input.seed'],
    ['no sampling step', () => ({ samplingSteps: 0 }), 'input.samplingSteps'],
    ["more steps than the model's timesteps", () => ({ samplingSteps: 101 }), 'input.samplingSteps'],
    ['an eta above 1', () => ({ eta: 1.1 }), 'input.eta'],
    ['previewEvery 0', () => ({ previewEvery: 0 }), 'input.previewEvery'],
    ['a preview of 7 pixels', () => ({ previewSize: 7 }), 'input.previewSize'],
    ['a preview of 2049 pixels', () => ({ previewSize: 2049 }), 'input.previewSize'],
    ['33 shifts', () => ({ shifts: Array.from({ length: 33 }, () => shift()) }), 'input.shifts'],
    ['a strength above 100', () => ({ shifts: [shift({ strength: 100.5 })] }), 'input.shifts[0].strength'],
    [
      'a curve beyond the last step',
      () => ({ shifts: [shift({ curve: [{ t: 1.1, weight: 1 }] })] }),
      'input.shifts[0].curve[0].t',
    ],
    [
      'a curve that does not ascend',
      () => ({
        shifts: [
          shift({
            curve: [
              { t: 0.5, weight: 1 },
              { t: 0.5, weight: 0 },
            ],
          }),
        ],
      }),
      'input.shifts[0].curve[1].t',
    ],
    [
      'a model in the place of a direction',
      () => ({ shifts: [shift({ directionId: modelId })] }),
      'input.shifts[0].directionId',
    ],
    ['an id that is not one', () => ({ replaces: 'abc' }), 'input.replaces'],
  ])('refuses %s, naming the argument', async (_, input, argument) => {
    const error = await refusal(input());
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
  });

  test('takes an uploaded image, and says how it is fitted', async () => {
    const body = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#369' } })
      .png()
      .toBuffer();
    const headers = { 'content-type': 'image/png' };
    const uploaded = await fetch(`${api.url}/images`, { method: 'POST', headers, body: new Uint8Array(body) });
    const { id: imageId } = (await uploaded.json()) as { id: string };
    const { applyEdit } = await apply({ seed: null, imageId, fit: 'PAD', shifts: [shift()] });
    expect(applyEdit).toMatchObject({ seed: null, image: { id: imageId }, reconstructionPsnr: null });
    const query = 'query ($id: ID!) { edit(id: $id) { fit qualityBoost coarseSteps cached rerunOf { id } } }';
    expect(await api.query(query, { id: applyEdit.id })).toEqual({
      edit: { fit: 'PAD', qualityBoost: 0, coarseSteps: 0, cached: false, rerunOf: null },
    });
  });

  test('refuses an infinite strength in a literal', async () => {
    const query = `mutation {
      applyEdit(input: { modelId: "${modelId}", seed: 1, shifts: [{ directionId: "${smile}", strength: -1e999 }] }) { id }
    }`;
    expect((await api.errorOf(query)).extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      argument: 'input.shifts[0].strength',
      got: '-Infinity',
    });
  });

  test('refuses a direction of another model', async () => {
    const [stranger] = await server.directions(await server.readyModel({ name: 'other' }), { count: 1 });
    const error = await refusal({ shifts: [shift({ directionId: stranger })] });
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'input.shifts[0].directionId' });
  });

  test('is a CONFLICT for a direction before its first checkpoint', async () => {
    const [young] = await server.directions(modelId, { count: 1, parameters: false });
    const error = await refusal({ shifts: [shift({ directionId: young })] });
    expect(error.extensions.code).toBe('CONFLICT');
    expect(error.message).toContain('CheckpointSaved');
  });

  test('is NOT_FOUND for a direction, a model or an edit that is not there', async () => {
    const directionId = server.unknownId('Direction');
    expect((await refusal({ shifts: [shift({ directionId })] })).extensions.code).toBe('NOT_FOUND');
    expect((await refusal({ modelId: server.unknownId('Model') })).extensions.code).toBe('NOT_FOUND');
    expect((await refusal({ replaces: server.unknownId('Edit') })).extensions.code).toBe('NOT_FOUND');
    const imageId = server.unknownId('Image');
    expect((await refusal({ seed: null, imageId })).extensions.code).toBe('NOT_FOUND');
  });

  test('returns the same edit for the same idempotencyKey, and a CONFLICT with another input', async () => {
    const first = await apply({ idempotencyKey: 'again', shifts: [shift()] });
    const second = await apply({ idempotencyKey: 'again', shifts: [shift({ curve: [] })], samplingSteps: 20 });
    expect(second.applyEdit.id).toBe(first.applyEdit.id);
    expect((await refusal({ idempotencyKey: 'again', shifts: [shift({ strength: 3 })] })).extensions.code).toBe(
      'CONFLICT',
    );
  });

  test('cancels the edit that it replaces', async () => {
    const old = (await apply({})).applyEdit.id;
    await apply({ replaces: old });
    const { edit } = await api.query<{ edit: { status: string } }>('query ($id: ID!) { edit(id: $id) { status } }', {
      id: old,
    });
    expect(edit.status).toBe('CANCELLED');
  });
});

test('cancelEdit ends a queued edit, and is a CONFLICT the second time', async () => {
  const CANCEL = 'mutation ($id: ID!) { cancelEdit(id: $id) { status } }';
  const { id } = (await apply({})).applyEdit;
  expect(await api.query(CANCEL, { id })).toEqual({ cancelEdit: { status: 'CANCELLED' } });
  expect((await api.errorOf(CANCEL, { id })).extensions.code).toBe('CONFLICT');
});

test('edits are listed by model and status', async () => {
  const other = await server.readyModel({ name: 'listed' });
  const { id } = (await apply({ modelId: other })).applyEdit;
  const query =
    'query ($modelId: ID) { edits(modelId: $modelId, status: QUEUED) { totalCount edges { node { id } } } }';
  expect(await api.query(query, { modelId: other })).toEqual({ edits: { totalCount: 1, edges: [{ node: { id } }] } });
});

describe('startSweep', () => {
  const SWEEP = `mutation ($input: StartSweepInput!) { startSweep(input: $input) {
    id status shifts { strength direction { id } } } }`;
  const input = (fields: object = {}) => ({
    edit: { modelId, seed: 4, shifts: [{ directionId: hair, strength: 1 }] },
    directionIds: [smile, age],
    strengths: [-1, 2],
    ...fields,
  });

  test('starts directions × strengths, the shifts of the edit in each, and the same again for the same key', async () => {
    const first = await api.query<{ startSweep: { id: string }[] }>(SWEEP, {
      input: input({ idempotencyKey: 'sweep' }),
    });
    const expected = [smile, age].flatMap((id) =>
      [-1, 2].map((strength) => ({
        status: 'QUEUED',
        shifts: [
          { strength: 1, direction: { id: hair } },
          { strength, direction: { id } },
        ],
      })),
    );
    expect(first.startSweep).toMatchObject(expected);
    expect(await api.query(SWEEP, { input: input({ idempotencyKey: 'sweep' }) })).toEqual(first);
    const other = { input: input({ idempotencyKey: 'sweep', strengths: [1] }) };
    expect((await api.errorOf(SWEEP, other)).extensions.code).toBe('CONFLICT');
  });

  test('all of it is cancelled by an edit that replaces one of it', async () => {
    const { startSweep } = await api.query<{ startSweep: { id: string }[] }>(SWEEP, { input: input() });
    await apply({ replaces: startSweep[2]?.id });
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Edit { status } } }';
    const { nodes } = await api.query<{ nodes: unknown[] }>(query, { ids: startSweep.map(({ id }) => id) });
    expect(nodes).toEqual(startSweep.map(() => ({ status: 'CANCELLED' })));
  });

  test.each<[string, object, string]>([
    ['no direction', { directionIds: [] }, 'input.directionIds'],
    ['no strength', { strengths: [] }, 'input.strengths'],
    ['a strength above 100', { strengths: [1, 101] }, 'input.strengths[1]'],
    ['more than 256 edits', { strengths: Array.from({ length: 129 }, (_, n) => n / 2) }, 'input'],
  ])('refuses %s', async (_, fields, argument) => {
    expect((await api.errorOf(SWEEP, { input: input(fields) })).extensions).toMatchObject({ argument });
  });
});

test('rerunEdit is a CONFLICT for an edit that has never started, and NOT_FOUND for one that is not there', async () => {
  const RERUN = 'mutation ($id: ID!) { rerunEdit(id: $id) { id } }';
  const { id } = (await apply({})).applyEdit;
  expect((await api.errorOf(RERUN, { id })).extensions.code).toBe('CONFLICT');
  expect((await api.errorOf(RERUN, { id: server.unknownId('Edit') })).extensions.code).toBe('NOT_FOUND');
});
