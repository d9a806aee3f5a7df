import { randomBytes, randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { globalId, parseGlobalId } from '../../src/resolvers/ids.js';
import { Bell, EVENT_CHANNEL } from '../../src/storage/bell.js';
import { followEvents } from '../../src/storage/events.js';
import { putImage } from '../../src/storage/images.js';
import { type Database, type Held, type NewImage, openPool, Retention, Work } from '../../src/storage/index.js';
import { collect } from '../helpers/client.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const KEEP = { previewDays: 30, eventDays: 365, inversionDays: 30 };

let server: TestServer;
let modelId: string;
let database: Database;
let close: () => Promise<void>;
let work: Work;
beforeAll(async () => {
  server = await startTestServer();
  modelId = await server.readyModel({ name: 'faces' });
  const opened = openPool(server.databaseUrl, 4);
  database = opened.database;
  close = () => opened.pool.end();
  work = new Work(database);
});
afterAll(async () => {
  await close();
  await server.close();
});
/** What other tests left is none of this one's. */
beforeEach(() => new Retention(database, KEEP).pass());

const MUTATIONS = {
  discovery: 'mutation ($input: StartDiscoveryInput!) { run: startDiscovery(input: $input) { id } }',
  edit: 'mutation ($input: ApplyEditInput!) { run: applyEdit(input: $input) { id } }',
};

async function start(kind: keyof typeof MUTATIONS, input: object = {}): Promise<{ id: string; held: Held }> {
  const own = kind === 'edit' && !('imageId' in input) ? { seed: 1, shifts: [] } : {};
  const { run } = await server.api.query<{ run: { id: string } }>(MUTATIONS[kind], {
    input: { modelId, ...own, ...input },
  });
  return { id: run.id, held: await server.take(run.id) };
}

/** Of a colour that no other picture has. */
async function picture(): Promise<NewImage> {
  const raw = { width: 8, height: 8, channels: 3 } as const;
  const bytes = await sharp(randomBytes(192), { raw }).png().toBuffer();
  return { bytes, width: 8, height: 8, contentType: 'image/png' };
}

const FRAME = { coarse: false, stepIndex: 0, timestep: 0, samplingSteps: 1 };

/** An edit with one frame, a result and an original, ended well. */
async function edited(requestHash: string, input: object = {}) {
  const { id, held } = await start('edit', input);
  const row = await work.edits.row(held.runId);
  await work.edits.start(held, { shifts: row.shifts, options: {}, provenance: {}, requestHash });
  const [frame, result, original] = [await picture(), await picture(), await picture()];
  await work.edits.appendFrames(held, [{ payload: FRAME, image: frame, original: null, difference: null }]);
  await work.edits.finish(held, result, original, null);
  return { id, held, frame, result, original };
}

async function trained(previews: readonly [NewImage, NewImage]) {
  const { id, held } = await start('discovery');
  const at = { step: 1, directionIndex: 0, strength: 1, timestep: 1, stepIndex: 0, samplingSteps: 1 };
  await work.trainings.preview(held, at, ...previews);
  return { id, held };
}

/** Makes everything that is there so many days older. */
async function pass(days: number): Promise<void> {
  const back = `- interval '${days} days'`;
  await server.pool.query(`UPDATE run SET created_at = created_at ${back}, finished_at = finished_at ${back}`);
  await server.pool.query(`UPDATE event SET at = at ${back}`);
  await server.pool.query(`UPDATE blob SET created_at = created_at ${back}`);
  await server.pool.query(`UPDATE inversion SET used_at = used_at ${back}`);
}

const remove = (keep: Partial<typeof KEEP> = {}) => new Retention(database, { ...KEEP, ...keep }).pass();

/** The status with which each image is answered. */
const statusOf = async (image: NewImage) => (await served(image)).status;
async function served(image: NewImage): Promise<Response> {
  const { rows } = await server.pool.query<{ id: string }>(
    'SELECT id FROM image WHERE blob_hash = encode(sha256($1::bytea), $2)',
    [Buffer.from(image.bytes), 'hex'],
  );
  return fetch(`${server.api.url}/images/${globalId('Image', rows[0]?.id ?? '')}`);
}

const EDIT = `subscription ($id: ID!, $after: Int) { editProgress(editId: $id, after: $after) {
  __typename ... on RunEvent { seq } ... on EditFrame { image { width url } }
} }`;
type EditProgress = { editProgress: { __typename: string; seq: number } };

async function followed(id: string, after?: number): Promise<EditProgress['editProgress'][]> {
  const client = server.api.socket();
  try {
    const results = await collect<EditProgress>(client, EDIT, { id, ...(after === undefined ? {} : { after }) });
    return results.map(({ editProgress }) => editProgress);
  } finally {
    await client.dispose();
  }
}

describe('previews', () => {
  test('of runs that ended long ago go, and results, originals, galleries, filmstrips and uploads of edits stay', async () => {
    const upload = await picture();
    const { id: uploadId } = await putImage(database, upload);
    const { id, frame, result, original } = await edited('a', { imageId: globalId('Image', uploadId), shifts: [] });
    const previews = [await picture(), await picture()] as const;
    await work.trainings.finish((await trained(previews)).held, async () => {});
    const [sample, strip] = [await picture(), await picture()];
    await work.models.putSample(parseGlobalId(modelId)?.rowId ?? '', 0, sample);
    const [direction = ''] = await server.directions(modelId, { count: 1 });
    await work.trainings.putFilmstrip(parseGlobalId(direction)?.rowId ?? '', [1], [strip]);
    await pass(29);
    await remove();
    for (const image of [frame, ...previews]) expect(await statusOf(image)).toBe(200);
    await pass(2);
    await remove();
    for (const image of [frame, ...previews]) expect(await statusOf(image)).toBe(410);
    for (const image of [result, original, sample, strip, upload]) expect(await statusOf(image)).toBe(200);
    // Its events are there, and say where the frame would be.
    expect((await followed(id)).map(({ __typename }) => __typename)).toEqual([
      'StatusChanged',
      'StatusChanged',
      'EditFrame',
      'EditFinished',
      'StatusChanged',
    ]);
  });

  test('that have expired are told by a typed error over both doors, and are there again once they are stored again', async () => {
    const { id, frame } = await edited('b');
    await pass(31);
    await remove();
    expect(await (await served(frame)).json()).toMatchObject({ errors: [{ extensions: { code: 'IMAGE_EXPIRED' } }] });
    const error = await server.api.errorOf('query ($id: ID!) { edit(id: $id) { frames { image { base64 } } } }', {
      id,
    });
    expect(error.extensions.code).toBe('IMAGE_EXPIRED');
    await putImage(database, frame);
    await remove();
    expect(await statusOf(frame)).toBe(200);
  });

  test('of runs that are not over stay however old they are, and those that another such run shows', async () => {
    const shared = await picture();
    const [own, old] = [await picture(), await picture()];
    const { held: live } = await trained([shared, own]);
    const over = await trained([shared, old]);
    await work.trainings.finish(over.held, async () => {});
    await pass(400);
    await remove();
    expect([await statusOf(shared), await statusOf(own), await statusOf(old)]).toEqual([200, 200, 410]);
    await work.trainings.finish(live, async () => {});
    await remove();
    expect([await statusOf(shared), await statusOf(own)]).toEqual([200, 200]);
    await pass(31);
    await remove();
    expect([await statusOf(shared), await statusOf(own)]).toEqual([410, 410]);
  });

  test('are kept for ever where no age is set', async () => {
    const { frame } = await edited('c');
    await pass(4000);
    await new Retention(database, { previewDays: null, eventDays: null, inversionDays: null }).pass();
    expect(await statusOf(frame)).toBe(200);
  });

  test('are no answer to an identical edit once they are gone; until then they stay for the edit that shows them', async () => {
    const { frame } = await edited('d');
    await pass(31);
    expect((await work.edits.outcomeOf('d'))?.frames).toHaveLength(1);
    await remove();
    expect(await statusOf(frame)).toBe(200);
    await pass(31);
    await remove();
    expect(await work.edits.outcomeOf('d')).toBeNull();
  });

  test('and uploads that are gone cannot be edited: the error says to upload again', async () => {
    const { id } = await putImage(database, await picture());
    await pass(31);
    await remove();
    const input = { modelId, imageId: globalId('Image', id), shifts: [] };
    const error = await server.api.errorOf(MUTATIONS.edit, { input });
    expect(error).toMatchObject({ extensions: { code: 'IMAGE_EXPIRED' }, message: expect.stringContaining('Upload') });
  });
});

describe('while others work', () => {
  test('what is stored again in the middle of a removal stays, whoever comes first', async () => {
    const images = await Promise.all(Array.from({ length: 20 }, picture));
    for (const image of images) await putImage(database, image);
    await pass(31);
    await database.transaction(async (tx) => {
      for (const image of images.slice(0, 10)) await putImage(tx, image);
      // They are stored again and not committed: the removal neither waits for them nor takes them.
      await remove();
    });
    const statuses = await Promise.all(images.map(statusOf));
    expect(statuses).toEqual([...Array(10).fill(200), ...Array(10).fill(410)]);
    await pass(31);
    const removing = remove();
    await Promise.all(
      images.map((image) => work.models.putSample(parseGlobalId(modelId)?.rowId ?? '', images.indexOf(image), image)),
    );
    await removing;
    expect(new Set(await Promise.all(images.map(statusOf)))).toEqual(new Set([200]));
  });

  test('two nodes at once remove everything once, and nothing else', async () => {
    const edits = [await edited('e1'), await edited('e2'), await edited('e3')];
    await pass(400);
    const removed = await Promise.all([remove(), remove(), remove()]);
    expect(removed.reduce((sum, { runs }) => sum + runs, 0)).toBeGreaterThanOrEqual(1);
    await remove();
    for (const { id, frame, result, original } of edits) {
      expect([await statusOf(frame), await statusOf(result), await statusOf(original)]).toEqual([410, 200, 200]);
      expect((await followed(id)).map(({ seq }) => seq)).toEqual([5]);
    }
  });
});

describe('events', () => {
  test('of runs that ended a year ago go, but for the last; who asks for them is told where to begin', async () => {
    const { id } = await edited('f');
    await pass(364);
    await remove();
    expect((await followed(id, 1)).map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
    await pass(2);
    await remove();
    await expect(followed(id, 1)).rejects.toMatchObject({
      errors: [{ extensions: { code: 'EVENTS_EXPIRED' }, message: expect.stringContaining('after: 4') }],
    });
    expect((await followed(id, 4)).map(({ seq }) => seq)).toEqual([5]);
    expect((await followed(id)).map(({ __typename }) => __typename)).toEqual(['StatusChanged']);
    expect(await followed(id, 5)).toEqual([]);
    expect(await work.edits.outcomeOf('f')).toBeNull();
  });

  test('that go while somebody reads them slowly end the reading with that error, and no gap', async () => {
    const { held } = await start('edit');
    await server.pool.query(
      `INSERT INTO event (run_id, seq, type, payload)
       SELECT $1, seq, 'StatusChanged', '{"status": "RUNNING", "error": null}' FROM generate_series(3, 600) AS seq`,
      [held.runId],
    );
    await server.pool.query('UPDATE run SET last_seq = 600 WHERE id = $1', [held.runId]);
    await work.giveUp(held, { code: 'CANCELLED', message: 'over' });
    const bell = await Bell.open(server.databaseUrl, EVENT_CHANNEL);
    const seqs: number[] = [];
    const read = async () => {
      for await (const { seq } of followEvents(database, bell, held.runId, 0, new AbortController().signal)) {
        seqs.push(seq);
        if (seq !== 1) continue;
        await pass(366);
        await remove();
      }
    };
    await expect(read().finally(() => bell.close())).rejects.toMatchObject({ code: 'EVENTS_EXPIRED' });
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
    expect(seqs.length).toBeLessThan(600);
  });
});

describe('what edits start from', () => {
  test('inversions that nobody used go with their latents, an hour later; those that are used stay', async () => {
    const key = (imageId: string) => ({ imageId, modelHash: 'm', samplingSteps: 5, fit: 'CROP' as const });
    const [used, unused] = [key(randomUUID()), key(randomUUID())];
    for (const place of [used, unused]) await work.edits.saveInversion(place, { latents: randomBytes(64), psnr: 50 });
    const { latentsHash } = (await work.edits.inversion(unused)) ?? { latentsHash: '' };
    await pass(20);
    expect(await work.edits.inversion(used)).not.toBeNull();
    await pass(11);
    await remove();
    expect(await work.edits.inversion(used)).not.toBeNull();
    expect(await work.edits.inversion(unused)).toBeNull();
    // Whoever found it a moment ago can still read them.
    expect(await work.blob(latentsHash)).toHaveLength(64);
    await pass(1);
    await remove();
    await expect(work.blob(latentsHash)).rejects.toThrow('is gone');
  });

  test('parameters go when a later checkpoint has taken their place, unless an edit ran with them', async () => {
    const { held } = await start('discovery');
    const checkpoints = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const hashes: string[] = [];
    for (const [step, parameters] of checkpoints.entries()) {
      await work.trainings.saveCheckpoint(held, step + 1, randomBytes(8), parameters, false);
      const { rows } = await server.pool.query(
        'SELECT parameters_hash AS hash FROM direction WHERE discovery_id = $1',
        [held.runId],
      );
      hashes.push(rows[0].hash);
    }
    const [first = '', second = '', third = ''] = hashes;
    const edit = await start('edit');
    const pinned = { index: 0, parametersHash: first, statisticsHash: first };
    const shift = { directionId: randomUUID(), directionVersion: 1, strength: 1, curve: [], pinned };
    await work.edits.start(edit.held, { shifts: [shift], options: {}, provenance: {}, requestHash: 'g' });
    await pass(1);
    await remove();
    expect(await work.blob(first)).toHaveLength(32);
    await expect(work.blob(second)).rejects.toThrow('is gone');
    expect(await work.blob(third)).toHaveLength(32);
  });
});
