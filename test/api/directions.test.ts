import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture, TINY_MODEL } from '../helpers/models.js';
import { WorkingServer } from '../helpers/working-server.js';

const EXPORT = 'mutation ($ids: [ID!]!) { exportDirections(ids: $ids) { url byteSize } }';
const IMPORT = `mutation ($input: ImportDirectionsInput!) {
  importDirections(input: $input) {
    id name tags origin index kind reverseProcess samplingSteps score accuracy version discovery { id } model { id }
    strengthRange { min max } fidelity { strength }
  }
}`;
const UPDATE = 'mutation ($input: UpdateDirectionInput!) { updateDirection(input: $input) { id } }';

interface Imported {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
}

let server: WorkingServer;
let modelId: string;
let otherId: string;
let directions: string[];
let url: string;

const exported = (ids: readonly string[]) =>
  server.app.api.query<{ exportDirections: { url: string; byteSize: number } }>(EXPORT, { ids });
const imported = async (input: object) =>
  (await server.app.api.query<{ importDirections: Imported[] }>(IMPORT, { input: { modelId, ...input } }))
    .importDirections;
const refusal = (input: object) => server.app.api.errorOf(IMPORT, { input: { modelId, ...input } });
const pixels = (png: Buffer) => sharp(png).raw().toBuffer();

beforeAll(async () => {
  server = await WorkingServer.start();
  modelId = await server.app.importModel(TINY_MODEL);
  otherId = await server.app.importModel(fixture('variants/sample-cosine'));
  const input = {
    directions: 4,
    trainingSteps: 2,
    samplingSteps: 2,
    batchSize: 2,
    checkpointEvery: 2,
    previewEvery: 0,
  };
  const discoveryId = await server.app.startDiscovery({ modelId, ...input });
  await server.app.follow(discoveryId, 0);
  directions = await server.app.directionIds(discoveryId);
}, 300_000);
afterAll(() => server.close());

describe('exportDirections', () => {
  test('gives a file that a client fetches, with what it is of in its metadata', async () => {
    await server.app.api.query(UPDATE, { input: { id: directions[2], name: 'nose', tags: ['face'] } });
    const { exportDirections } = await exported([directions[2]!, directions[0]!]);
    ({ url } = exportDirections);
    const bytes = await server.app.image(url);
    expect(bytes.length).toBe(exportDirections.byteSize);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
    const { model } = await server.app.api.query<{ model: Record<string, unknown> }>(
      'query ($id: ID!) { model(id: $id) { hash hTap } }',
      { id: modelId },
    );
    expect(header.__metadata__).toMatchObject({ modelHash: model['hash'], tap: model['hTap'], kind: 'SUBSPACE' });
    expect(JSON.parse(header.__metadata__.directions)).toMatchObject([
      { name: 'nose', tags: ['face'] },
      { name: 'Direction 1' },
    ]);
    expect(header.vectors.shape).toEqual([2, 10, 16, 4, 4]);
  });

  test.each([
    ['nothing', () => [], 'BAD_USER_INPUT'],
    ['what is no direction', () => [modelId], 'BAD_USER_INPUT'],
    [
      'what is not there',
      () => [Buffer.from(`Direction:${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`).toString('base64url')],
      'NOT_FOUND',
    ],
  ] as const)('refuses %s', async (_, ids, code) => {
    expect((await server.app.api.errorOf(EXPORT, { ids: ids() })).extensions.code).toBe(code);
  });
});

describe('importDirections', () => {
  test('takes them back as IMPORTED, usable in edits that look the same', async () => {
    const [first, second] = await imported({ url });
    expect(first).toMatchObject({
      name: 'nose',
      tags: ['face'],
      origin: 'IMPORTED',
      index: 0,
      kind: 'SUBSPACE',
      samplingSteps: 2,
      discovery: null,
      model: { id: modelId },
    });
    expect(second).toMatchObject({ name: 'Direction 1', index: 1 });
    const edit = (directionId: string) =>
      server.app.edit({ modelId, seed: 3, samplingSteps: 5, shifts: [{ directionId, strength: 5 }] });
    const [own, back] = [await edit(directions[2]!), await edit(first!.id)];
    const [a, b, original] = await Promise.all([own.result, back.result, own.original].map(pixels));
    const apart = (x: Buffer, y: Buffer) => Math.max(...Array.from(x, (value, at) => Math.abs(value - y[at]!)));
    expect(apart(a!, original!)).toBeGreaterThan(2);
    expect(apart(a!, b!)).toBeLessThan(2);
  });

  test('lists them with the model, and they can be exported again', async () => {
    const query = `query ($id: ID!) { directions(modelId: $id, filter: { origin: IMPORTED }) { totalCount edges { node { id } } } }`;
    const { directions: page } = await server.app.api.query<{
      directions: { totalCount: number; edges: { node: { id: string } }[] };
    }>(query, { id: modelId });
    expect(page.totalCount).toBe(2);
    const { exportDirections } = await exported(page.edges.map(({ node }) => node.id));
    expect(exportDirections.byteSize).toBeGreaterThan(20_000);
  });

  test("leaves the next discovery's statistics alone", async () => {
    const id = await server.app.startDiscovery({
      modelId,
      method: 'RANDOM',
      directions: 2,
      trainingSteps: 1,
      samplingSteps: 2,
      batchSize: 2,
      previewEvery: 0,
    });
    const events = await server.app.follow(id, 0);
    expect(events.at(-1)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('takes an uploaded file, and one on the disk', async () => {
    const bytes = await server.app.image(url);
    const headers = { 'content-type': 'application/octet-stream' };
    const response = await fetch(`${server.app.url}/directions`, {
      method: 'POST',
      headers,
      body: new Uint8Array(bytes),
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ url, byteSize: bytes.length });
    const path = join(server.dataDir, 'mine.safetensors');
    await writeFile(path, bytes);
    expect((await imported({ path })).map(({ name }) => name)).toEqual(['nose', 'Direction 1']);
  });

  test.each([
    ['neither url nor path', () => ({}), 'BAD_USER_INPUT', /exactly one/],
    ['both', () => ({ url, path: '/a' }), 'BAD_USER_INPUT', /exactly one/],
    ['a url of something else', () => ({ url: '/images/abc' }), 'BAD_USER_INPUT', /directions/],
    ['a file that is not there', () => ({ url: `/directions/${'0'.repeat(64)}.safetensors` }), 'NOT_FOUND', /no file/],
    ['a path that is not there', () => ({ path: '/nowhere/a.safetensors' }), 'BAD_USER_INPUT', /found none/],
    ['a folder', () => ({ path: TINY_MODEL }), 'BAD_USER_INPUT', /something else/],
    [
      'weights',
      () => ({ path: join(TINY_MODEL, 'diffusion_pytorch_model.safetensors') }),
      'MODEL_INVALID',
      /exportDirections/,
    ],
    ['a file for another model', () => ({ path: fixture('directions/global.safetensors') }), 'BAD_USER_INPUT', /hash/],
    ['another model for the file', () => ({ modelId: otherId, url }), 'BAD_USER_INPUT', /hash/],
  ] as const)('refuses %s', async (_, input, code, message) => {
    const error = await refusal(input());
    expect(error.extensions.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('a body that is no safetensors file is refused', async () => {
    const send = (type: string) =>
      fetch(`${server.app.url}/directions`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: 'not a file at all',
      });
    expect((await send('application/octet-stream')).status).toBe(400);
    expect((await send('text/plain')).status).toBe(415);
  });
});
