import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AzimuthClient, type AzimuthError, createClient, type TypedDocument } from '../../src/client/node.js';
import { TINY_DISCOVERY, TINY_MODEL } from '../helpers/models.js';
import { CuttableNetwork } from '../helpers/network.js';
import { WorkingServer } from '../helpers/working-server.js';

/** The client against a server that computes, with a model of milliseconds a step. */
let server: WorkingServer;
let proxy: CuttableNetwork;
let client: AzimuthClient;
let modelId: string;

beforeAll(async () => {
  server = await WorkingServer.start();
  proxy = await CuttableNetwork.start(server.app.url);
  client = createClient({ url: proxy.url });
  const { id } = await client.importModel({ path: TINY_MODEL, name: 'tiny' });
  const statuses: string[] = [];
  for await (const event of client.importProgress(id)) {
    if (event.__typename === 'StatusChanged') statuses.push(event.status);
  }
  expect(statuses.at(-1)).toBe('SUCCEEDED');
  modelId = id;
});
afterAll(async () => {
  await client.close();
  await proxy.close();
  await server.close();
});

const { trainingSteps: _, ...config } = TINY_DISCOVERY;
/** It starts at once: nothing is measured first. */
const INPUT = { ...config, start: 'PRINCIPAL', samplingSteps: 2, checkpointEvery: 5, previewEvery: 5 } as const;

async function lastOf<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  let last: Item | undefined;
  for await (const item of items) last = item;
  return last;
}

const failure = (promise: Promise<unknown>): Promise<AzimuthError> =>
  promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: AzimuthError) => error,
  );

describe('the three calls', () => {
  let discoveryId: string;

  test('a training whose socket is cut again and again is seen whole: every step once, in order', async () => {
    const estimate = await client.estimateDiscovery({ modelId, ...INPUT, trainingSteps: 30 });
    expect(estimate.fits).toBe(true);
    discoveryId = (await client.startDiscovery({ modelId, ...INPUT, trainingSteps: 30 })).id;
    const seqs: number[] = [];
    const steps: number[] = [];
    for await (const event of client.trainingProgress(discoveryId)) {
      seqs.push(event.seq);
      if (event.__typename === 'TrainingStep') steps.push(event.step);
      if (event.seq % 10 === 0) proxy.cut();
    }
    expect(steps).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(await client.discovery(discoveryId)).toMatchObject({ status: 'SUCCEEDED', lastSeq: seqs.length });
  });

  test('an edit along what was found gives frames and a PNG that tells how it was made', async () => {
    const page = await client.directions({ modelId, filter: { discoveryId }, orderBy: 'SCORE', first: 3 });
    expect(page).toMatchObject({ totalCount: 4, nodes: { length: 3 } });
    const rest = await client.directions({
      modelId,
      filter: { discoveryId },
      orderBy: 'SCORE',
      first: 3,
      after: page.next,
    });
    expect(rest).toMatchObject({ nodes: { length: 1 }, next: null });
    const [direction] = page.nodes;
    const shifts = [{ directionId: direction?.id ?? '', strength: 2 }];
    const { id } = await client.applyEdit({ modelId, seed: 1, samplingSteps: 4, shifts });
    const types: string[] = [];
    for await (const event of client.editProgress(id)) types.push(event.__typename);
    expect(types.filter((type) => type === 'EditFrame')).toHaveLength(4);
    const edit = await client.edit(id);
    if (!edit?.result) throw new Error('the edit has no result');
    const file = await client.download(edit.result);
    expect(file.type).toBe('image/png');
    const { comments, width } = await sharp(await file.arrayBuffer()).metadata();
    expect(width).toBe(8);
    expect(comments?.find(({ keyword }) => keyword === 'azimuth')?.text).toContain('"samplingSteps":4');
  });

  test('a picture is uploaded and edited, and a sweep gives an edit of every strength', async () => {
    const bytes = await sharp({ create: { width: 20, height: 10, channels: 3, background: 'teal' } })
      .png()
      .toBuffer();
    const image = await client.uploadImage(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
    expect(image).toMatchObject({ width: 20, height: 10 });
    const base = { modelId, imageId: image.id, samplingSteps: 4, shifts: [] };
    const { id } = await client.applyEdit(base);
    await lastOf(client.editProgress(id, { frames: 'LATEST' }));
    expect((await client.edit(id))?.reconstructionPsnr).toBeGreaterThan(10);
    const { nodes } = await client.directions({ modelId, filter: { discoveryId } });
    const directionIds = nodes.slice(0, 1).map((direction) => direction.id);
    const edits = await client.startSweep({ edit: base, directionIds, strengths: [-1, 0, 1] });
    await Promise.all(edits.map((edit) => lastOf(client.editProgress(edit.id))));
    expect((await client.edit(edits[2]?.id ?? ''))?.shifts[0]?.strength).toBe(1);
  });

  test('directions are named, merged, and go to a file and back', async () => {
    const { nodes } = await client.directions({ modelId, filter: { discoveryId } });
    const [first, second] = nodes;
    if (!first || !second) throw new Error('there are no directions');
    const named = await client.updateDirection({ id: first.id, name: 'Smile', tags: ['face'], favourite: true });
    expect(named).toMatchObject({ name: 'Smile', tags: ['face'], favourite: true });
    const part = (directionId: string) => ({ directionId, weight: 1 });
    const merged = await client.mergeDirections({ parts: [part(first.id), part(second.id)] });
    expect(merged).toMatchObject({ origin: 'MERGED', merge: { parts: { length: 2 } } });
    const file = await client.download(await client.exportDirections([first.id]));
    const { url } = await client.uploadDirections(file);
    const imported = await client.importDirections({ modelId, url });
    expect(imported).toMatchObject([{ origin: 'IMPORTED' }]);
  });

  test('what is paused goes on where it was, and what is cancelled ends', async () => {
    const { id } = await client.startDiscovery({ modelId, ...INPUT, trainingSteps: 5000 });
    await client.pauseDiscovery(id);
    await client.resumeDiscovery(id);
    await client.cancelDiscovery(id);
    expect(await lastOf(client.trainingProgress(id))).toMatchObject({ status: 'CANCELLED' });
    expect(await failure(client.cancelDiscovery(id))).toMatchObject({ code: 'CONFLICT' });
  });
});

describe('errors', () => {
  test('name the argument, what was expected and what came', async () => {
    const error = await failure(client.applyEdit({ modelId, seed: -1, shifts: [] }));
    expect(error).toMatchObject({ name: 'AzimuthError', code: 'BAD_USER_INPUT', got: '-1' });
    expect(error.argument).toContain('seed');
    expect(error.path).toEqual(['applyEdit']);
  });

  test('of an upload that is no image are those of the server', async () => {
    const text = new Blob(['not an image'], { type: 'text/plain' });
    expect(await failure(client.uploadImage(text))).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await failure(client.download({ url: '/images/none' }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('say that a server did not answer', async () => {
    const nobody = createClient({ url: 'http://127.0.0.1:1' });
    expect(await failure(nobody.models())).toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  test('are the reason of the signal where a call was aborted', async () => {
    expect(await failure(client.models({}, { signal: AbortSignal.abort(new Error('enough')) }))).toMatchObject({
      message: 'enough',
    });
  });
});

test('any document can be sent: a string, or one that knows its types', async () => {
  expect(await client.request('{ server { workers } }')).toEqual({ server: { workers: 1 } });
  const document: TypedDocument<{ model: { name: string } }, { id: string }> =
    'query ($id: ID!) { model(id: $id) { name } }';
  expect((await client.request(document, { id: modelId })).model.name).toBe('tiny');
});

test('what a browser loads depends on graphql-ws alone', async () => {
  const folder = join(import.meta.dirname, '../../src/client');
  const imported = new Set<string>();
  const pending = ['./index.js'];
  for (const file of pending) {
    const text = await readFile(join(folder, file.replace('.js', '.ts')), 'utf8');
    for (const [, whole, multiline] of text.matchAll(/^(?:im|ex)port .*from '([^']+)';$|^} from '([^']+)';$/gm)) {
      const name = whole ?? multiline ?? '';
      if (!name.startsWith('./')) imported.add(name);
      else if (!pending.includes(name)) pending.push(name);
    }
  }
  expect([...imported]).toEqual(['graphql-ws/client']);
});
