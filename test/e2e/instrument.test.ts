import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { portraits } from '../../scripts/domains/portraits.js';
import { type LaunchedServer, launchServer } from '../../scripts/support/launch.js';
import { App } from '../helpers/app.js';
import { TINY_MODEL } from '../helpers/models.js';
import { isAlive } from '../helpers/processes.js';

/** The compiled server: edits as a creative app asks for them. */

const folder = mkdtempSync(join(tmpdir(), 'azimuth-instrument-'));
let server: LaunchedServer;
let app: App;
let shippedId: string;
/** A model of milliseconds a step. */
let modelId: string;
/** Of two discoveries, the second's a PER_TIMESTEP baseline. */
let directions: string[];

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

beforeAll(async () => {
  server = await launchServer(folder, { AZIMUTH_DEVICE: 'cpu', LOG_LEVEL: 'fatal' });
  app = new App(server.url);
  shippedId = await app.readyModel();
  modelId = await app.importModel(TINY_MODEL);
  const short = {
    directions: 2,
    trainingSteps: 2,
    batchSize: 2,
    samplingSteps: 2,
    previewEvery: 0,
    checkpointEvery: 1,
  };
  const first = await app.startDiscovery({ modelId, ...short });
  await app.follow(first, 0);
  const second = await app.startDiscovery({ modelId, ...short, method: 'RANDOM', shift: 'GLOBAL' });
  await app.follow(second, 0);
  directions = [...(await app.directionIds(first)), ...(await app.directionIds(second))];
});
afterAll(async () => {
  if (isAlive(server.pid)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const curved = [
  { t: 0, weight: 0 },
  { t: 0.5, weight: 1 },
];
/** Three directions of two discoveries, each with a curve. */
const three = () =>
  [directions[0], directions[1], directions[2]].map((directionId, index) => ({
    directionId,
    strength: [3, -2, 2][index],
    curve: [curved, [{ t: 0, weight: 1 }], curved][index],
  }));

async function upload(scene: number): Promise<string> {
  const pixels = portraits.render(portraits.sample(1, 5, scene));
  const bytes = Uint8Array.from({ length: 3072 }, (_, at) =>
    Math.round(((pixels[(at % 3) * 1024 + Math.floor(at / 3)] ?? 0) + 1) * 127.5),
  );
  const png = await sharp(bytes, { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toBuffer();
  const headers = { 'content-type': 'image/png' };
  const response = await fetch(`${server.url}/images`, { method: 'POST', headers, body: new Uint8Array(png) });
  return ((await response.json()) as { id: string }).id;
}

interface EditFacts {
  readonly reconstructionPsnr: number | null;
  readonly cached: boolean;
  readonly warnings: readonly string[];
  readonly result: { readonly id: string; readonly url: string };
  readonly original: { readonly id: string; readonly url: string };
}

async function factsOf(id: string): Promise<EditFacts> {
  const query = `query ($id: ID!) { edit(id: $id) {
    reconstructionPsnr cached warnings result { id url } original { id url } } }`;
  return (await app.api.query<{ edit: EditFacts }>(query, { id })).edit;
}

/** What the PNG says of itself. */
async function provenanceIn(url: string): Promise<Record<string, unknown>> {
  const { comments } = await sharp(await app.image(url)).metadata();
  return JSON.parse(comments?.find(({ keyword }) => keyword === 'azimuth')?.text ?? '{}') as Record<string, unknown>;
}

describe('an edit with three directions of two discoveries', () => {
  test('of a seed shows every step, and what made its result stands in the file', async () => {
    const edit = await app.edit({ modelId, seed: 3, samplingSteps: 8, shifts: three() });
    expect(edit.frames).toBe(8);
    expect(Buffer.compare(edit.result, edit.original)).not.toBe(0);
    const { result, original } = await factsOf(edit.id);
    const inside = await provenanceIn(result.url);
    expect(inside).toMatchObject({ seed: 3, imageHash: null, samplingSteps: 8, device: 'cpu', batch: 1 });
    expect(inside['shifts']).toMatchObject(
      three().map((shift) => ({ strength: shift.strength, curve: shift.curve, directionVersion: 2 })),
    );
    expect((await provenanceIn(original.url))['shifts']).toEqual([]);
    const query =
      'query ($id: ID!) { edit(id: $id) { provenance { modelHash software processor shifts { parametersHash } } } }';
    const { edit: stored } = await app.api.query<{ edit: { provenance: object } }>(query, { id: edit.id });
    expect(inside).toMatchObject(stored.provenance);
  });

  test('is the same bytes when it is run again, and is not computed when it is asked for again', async () => {
    const input = { modelId, seed: 4, samplingSteps: 6, shifts: three() };
    const first = await app.edit(input);
    const repeated = await app.edit(input);
    expect((await factsOf(repeated.id)).cached).toBe(true);
    const mutation = 'mutation ($id: ID!) { rerunEdit(id: $id) { id } }';
    const { rerunEdit } = await app.api.query<{ rerunEdit: { id: string } }>(mutation, { id: first.id });
    const again = await app.finished(rerunEdit.id);
    expect(await factsOf(again.id)).toMatchObject({ cached: false, warnings: [] });
    for (const other of [repeated, again]) expect(Buffer.compare(other.result, first.result)).toBe(0);
  });

  test('of an uploaded portrait: at strength 0 its reconstruction byte for byte', async () => {
    const imageId = await upload(1);
    const input = { modelId, imageId, samplingSteps: 10 };
    const plain = await app.edit({ ...input, shifts: [] });
    const none = await app.edit({ ...input, shifts: three().map((shift) => ({ ...shift, strength: 0 })) });
    const edited = await app.edit({ ...input, shifts: three() });
    expect(Buffer.compare(none.result, plain.result)).toBe(0);
    expect(Buffer.compare(edited.original, plain.result)).toBe(0);
    expect(Buffer.compare(edited.result, plain.result)).not.toBe(0);
  });
});

test('the shipped model gives an uploaded portrait back, as well as its psnr says', async () => {
  const imageId = await upload(1);
  const { id, result } = await app.edit({
    modelId: shippedId,
    imageId,
    samplingSteps: 20,
    previewEvery: 10,
    shifts: [],
  });
  const { reconstructionPsnr } = await factsOf(id);
  expect(reconstructionPsnr).toBeGreaterThan(25);
  const [shown, given] = await Promise.all(
    [result, await app.image(`/images/${imageId}`)].map((png) => sharp(png).raw().toBuffer()),
  );
  const squares = shown!.reduce((sum, value, at) => sum + (value - (given![at] ?? 0)) ** 2, 0);
  expect(10 * Math.log10((255 ** 2 * shown!.length) / squares)).toBeCloseTo(reconstructionPsnr as number, 6);
});

test('a slider: each edit replaces the last, none is left over, and the last one is complete', async () => {
  const mutation = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';
  const ids: string[] = [];
  for (let turn = 0; turn < 12; turn += 1) {
    const shifts = [{ directionId: directions[0], strength: turn / 4 + 0.01 }];
    const input = { modelId, seed: 9, samplingSteps: 100, coarseSteps: 3, shifts, replaces: ids.at(-1) ?? null };
    ids.push((await app.api.query<{ applyEdit: { id: string } }>(mutation, { input })).applyEdit.id);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  const last = await app.finished(ids.at(-1) as string);
  // Those of the coarse pass first.
  expect(last.frames).toBe(103);
  const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Edit { status } } }';
  const { nodes } = await app.api.query<{ nodes: { status: string }[] }>(query, { ids });
  expect(nodes.at(-1)?.status).toBe('SUCCEEDED');
  for (const { status } of nodes.slice(0, -1)) expect(['CANCELLED', 'SUCCEEDED']).toContain(status);
  expect(nodes.filter(({ status }) => status === 'CANCELLED').length).toBeGreaterThan(0);
});

test('a sweep gives every edit its result, and one of it run again the same bytes', async () => {
  const mutation = 'mutation ($input: StartSweepInput!) { startSweep(input: $input) { id } }';
  const edit = { modelId, imageId: await upload(2), samplingSteps: 10, previewEvery: 5, shifts: [] };
  const input = { edit, directionIds: directions.slice(0, 2), strengths: [-3, 0, 3] };
  const { startSweep } = await app.api.query<{ startSweep: { id: string }[] }>(mutation, { input });
  const all = [];
  for (const { id } of startSweep) all.push(await app.finished(id));
  for (const index of [1, 4]) expect(Buffer.compare(all[index]!.result, all[index]!.original)).toBe(0);
  expect(new Set(all.map(({ result }) => result.toString('base64'))).size).toBe(5);
  const rerun = 'mutation ($id: ID!) { rerunEdit(id: $id) { id } }';
  const { rerunEdit } = await app.api.query<{ rerunEdit: { id: string } }>(rerun, { id: startSweep[5]?.id });
  const again = await app.finished(rerunEdit.id);
  expect(Buffer.compare(again.result, all[5]!.result)).toBe(0);
});
