import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DIRECTIONS, DISCOVERY, EDIT, MODEL } from '../../scripts/golden/schema-rows.js';
import { packageFile } from '../../src/package.js';
import { globalId } from '../../src/resolvers/ids.js';
import { startServer } from '../../src/server.js';
import { migrateDatabase, openPool, Work } from '../../src/storage/index.js';
import { ApiClient, collect } from '../helpers/client.js';
import { TestDatabase } from '../helpers/database.js';

const DUMPS = packageFile('test/golden/schemas');
const dumps = readdirSync(DUMPS).sort();

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await TestDatabase.start();
});
afterAll(() => postgres.close());

/** A database as that version left it; gives its URL. */
async function restored(dump: string, reader: 'api' | 'worker'): Promise<string> {
  const name = `dump_${dump.slice(0, 4)}_${reader}`;
  await postgres.pool.query(`CREATE DATABASE ${name}`);
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(readFileSync(`${DUMPS}/${dump}`, 'utf8')).finally(() => client.end());
  return url.href;
}

/** A server on a database that it has to migrate first. */
async function serving(url: string, use: (api: ApiClient) => Promise<void>): Promise<void> {
  const options = { host: '127.0.0.1', port: 0, dataDir: postgres.folder, databaseUrl: url, device: 'cpu' };
  const logger = pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }, pino.destination(2));
  const server = await startServer({ ...options, logger, worker: false });
  await use(new ApiClient(server.url)).finally(() => server.close());
}

const EVERYTHING = `query ($model: ID!, $discovery: ID!, $edit: ID!) {
  models(first: 10) { edges { node { name status hShape samples { id } } } }
  model(id: $model) { directions(first: 10, orderBy: INDEX) { edges { node {
    name tags favourite score fidelity { strength } strengthRange { min } filmstrip { url }
  } } } }
  discovery(id: $discovery) { status step totalSteps config { seed start } }
  edit(id: $edit) { status seed samplingSteps shifts { strength direction { name } } original { url } result { url width } }
}`;

const TRAINING = `subscription ($id: ID!) { trainingProgress(discoveryId: $id, after: 0) {
  __typename
  ... on RunEvent { seq }
  ... on TrainingPreview { original { url } shifted { url } }
} }`;
const EDITING = `subscription ($id: ID!) { editProgress(editId: $id, after: 0) {
  __typename
  ... on RunEvent { seq }
  ... on EditFrame { image { url } }
} }`;

it('every earlier schema has a dump', () => {
  const journal = JSON.parse(readFileSync(packageFile('src/storage/migrations/meta/_journal.json'), 'utf8'));
  const tags = (journal.entries as { tag: string }[]).map(({ tag }) => `${tag.slice(0, 4)}.sql`);
  expect(dumps, 'npm run golden:schemas').toEqual(tags.slice(0, -1));
});

it.each(dumps)('what a database of %s had can be read after its migration, through the API', async (dump) => {
  await serving(await restored(dump, 'api'), async (api) => {
    const ids = {
      model: globalId('Model', MODEL),
      discovery: globalId('Discovery', DISCOVERY),
      edit: globalId('Edit', EDIT),
    };
    const { models, model, discovery, edit } = await api.query<Everything>(EVERYTHING, ids);
    const names = models.edges.map(({ node }) => node);
    expect(names).toContainEqual(expect.objectContaining({ name: 'portraits', status: 'READY', hShape: [64, 4, 4] }));
    expect(model.directions.edges.map(({ node }) => node)).toMatchObject([
      { name: "it's a smile", tags: ['mouth'], favourite: true, score: 0.6, fidelity: [], strengthRange: null },
      { name: 'Direction 2', tags: [], favourite: false },
    ]);
    expect(discovery).toMatchObject({ status: 'SUCCEEDED', step: 1, totalSteps: 1, config: { seed: 1 } });
    expect(edit).toMatchObject({
      status: 'SUCCEEDED',
      seed: 7,
      shifts: [{ strength: 3, direction: { name: "it's a smile" } }],
    });

    const training = await eventsOf(api, TRAINING, 'trainingProgress', ids.discovery);
    expect(training.map(({ seq, __typename }) => `${seq} ${__typename}`)).toEqual([
      '1 StatusChanged',
      '2 StatusChanged',
      '3 TrainingStep',
      '4 TrainingPreview',
      '5 CheckpointSaved',
      '6 ScorecardUpdated',
      '7 StatusChanged',
    ]);
    const editing = await eventsOf(api, EDITING, 'editProgress', ids.edit);
    expect(editing.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    const shown = [edit.result, edit.original, ...model.directions.edges.flatMap(({ node }) => node.filmstrip)];
    const pictures = [
      ...training.flatMap((event) => [event.original, event.shifted]),
      ...editing.map(({ image }) => image),
    ];
    const urls = [...shown, ...pictures].flatMap((image) => image?.url ?? []);
    expect(urls).toHaveLength(6);
    for (const url of urls) await expectPicture(new URL(url, api.url));
  });
});

it.each(dumps)(
  'what a worker needs of %s is there after its migration, and migrating again changes nothing',
  async (dump) => {
    const { pool, database } = openPool(await restored(dump, 'worker'), 1);
    try {
      await migrateDatabase(pool);
      await migrateDatabase(pool);
      const work = new Work(database);
      const [direction] = await work.directions([DIRECTIONS[0]]);
      expect(direction).toMatchObject({ name: "it's a smile", version: 1, fidelity: [], strengthRange: null });
      expect(await work.blob(direction?.parametersHash ?? '')).toHaveLength(64);
      expect((await work.trainings.row(DISCOVERY)).statisticsHash).toBe(direction?.statisticsHash);
      expect(await work.trainings.checkpoint(DISCOVERY)).toMatchObject({ step: 1, state: { byteLength: 64 } });
      expect(await work.edits.row(EDIT)).toMatchObject({ modelId: MODEL, eta: 0, options: {}, rerunOfId: null });
    } finally {
      await pool.end();
    }
  },
);

async function eventsOf(api: ApiClient, query: string, field: string, id: string): Promise<Event[]> {
  const client = api.socket();
  const results = await collect<Record<string, Event>>(client, query, { id });
  await client.dispose();
  return results.flatMap((result) => result[field] ?? []);
}

async function expectPicture(url: URL): Promise<void> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const { data, info } = await sharp(await response.arrayBuffer())
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 16, height: 16, channels: 3 });
  expect(new Set(data).size).toBeGreaterThan(16);
}

interface Picture {
  readonly url: string;
}
interface Everything {
  readonly models: { edges: { node: { name: string } }[] };
  readonly model: { directions: { edges: { node: { filmstrip: Picture[] } }[] } };
  readonly discovery: { status: string };
  readonly edit: { result: Picture; original: Picture };
}
interface Event {
  readonly __typename: string;
  readonly seq: number;
  readonly original?: Picture;
  readonly shifted?: Picture;
  readonly image?: Picture;
}
