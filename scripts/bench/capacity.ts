import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { appendEvent } from '../../src/storage/events.js';
import { openDatabase, openPool } from '../../src/storage/index.js';
import { Lease } from '../../src/storage/lease.js';
import { Api } from '../support/api.js';
import { Fleet } from '../support/fleet.js';
import { settledModel } from '../support/settled-model.js';

const EDITS = 20;
const SECONDS = 5;
const WRITERS = [1, 8, 32];
const STEP = { step: 1, totalSteps: 400, loss: 1.25, classificationLoss: 1, strengthLoss: 0.25, accuracy: 0.5 };

/** What an edit, an event and a worker cost the database: what docs/scaling.md reckons with. One API node, one worker. */
export async function capacity() {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-capacity-'));
  const database = await openDatabase({ databaseUrl: null, dataDir: folder });
  const fleet = await Fleet.start(database.url, { apis: 1, workers: 1 });
  try {
    const connections = await connectionsOf(fleet.pool);
    const edit = await costOfEdit(fleet);
    return {
      connections,
      edit,
      eventsPerSecond: await eventRates(database.url),
      renewals: await renewals(database.url),
    };
  } finally {
    await fleet.stop();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of one API node and one worker host together, by name. */
async function connectionsOf(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query(
    `SELECT split_part(application_name, ' ', 1) AS name, count(*)::int AS n FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND application_name <> '' GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
}

interface Totals {
  readonly commits: number;
  readonly events: number;
  readonly imageBytes: number;
  readonly databaseBytes: number;
}

async function totals(pool: pg.Pool): Promise<Totals> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query(`SELECT
    (SELECT xact_commit::int FROM pg_stat_database WHERE datname = current_database()) AS "commits",
    (SELECT count(*)::int FROM event) AS "events",
    (SELECT coalesce(sum(octet_length(bytes)), 0)::int FROM blob) AS "imageBytes",
    pg_database_size(current_database())::int AS "databaseBytes"`);
  return rows[0];
}

/** Of the shipped model, at the defaults, each from another seed; commits less those of a server that nobody uses. */
async function costOfEdit(fleet: Fleet): Promise<Totals> {
  const api = new Api(fleet.urls[0] ?? '');
  const modelId = await settledModel(api);
  const idle = await during(fleet.pool, () => new Promise<void>((resolve) => setTimeout(resolve, 1000 * SECONDS)));
  const busy = await during(fleet.pool, async () => {
    for (let seed = 0; seed < EDITS; seed += 1) await edited(api, modelId, 5000 + seed);
  });
  await api.close();
  const idleCommits = (idle.delta.commits / idle.seconds) * busy.seconds;
  const perEdit = (value: number) => Number((value / EDITS).toPrecision(3));
  return {
    commits: perEdit(busy.delta.commits - idleCommits),
    events: perEdit(busy.delta.events),
    imageBytes: perEdit(busy.delta.imageBytes),
    databaseBytes: perEdit(busy.delta.databaseBytes),
  };
}

async function during(pool: pg.Pool, work: () => Promise<void>): Promise<{ delta: Totals; seconds: number }> {
  const [before, startMs] = [await totals(pool), performance.now()];
  await work();
  const seconds = (performance.now() - startMs) / 1000;
  const after = await totals(pool);
  return {
    delta: {
      commits: after.commits - before.commits,
      events: after.events - before.events,
      imageBytes: after.imageBytes - before.imageBytes,
      databaseBytes: after.databaseBytes - before.databaseBytes,
    },
    seconds,
  };
}

async function edited(api: Api, modelId: string, seed: number): Promise<void> {
  const apply = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';
  const { applyEdit } = await api.query<{ applyEdit: { id: string } }>(apply, { input: { modelId, seed, shifts: [] } });
  const progress = 'subscription ($id: ID!) { editProgress(editId: $id) { __typename } }';
  for await (const _ of api.subscribe(progress, { id: applyEdit.id }));
}

/** Events appended in a second, with their notifications, by so many writers, each to a run of its own. */
async function eventRates(url: string): Promise<Record<number, number>> {
  const rates: Record<number, number> = {};
  for (const writers of WRITERS) {
    const { pool, database } = openPool(url, writers);
    const ids = Array.from({ length: writers }, () => randomUUID());
    for (const id of ids)
      await pool.query("INSERT INTO run (id, kind, status) VALUES ($1, 'discovery', 'PAUSED')", [id]);
    const endMs = performance.now() + 1000 * SECONDS;
    const write = async (runId: string) => {
      let count = 0;
      for (; performance.now() < endMs; count += 1)
        await appendEvent(database, { runId, epoch: 0, type: 'TrainingStep', payload: STEP });
      return count;
    };
    const counts = await Promise.all(ids.map(write));
    rates[writers] = Math.round(counts.reduce((sum, count) => sum + count, 0) / SECONDS);
    await pool.end();
  }
  return rates;
}

/** Leases renewed in a second by eight workers that do nothing else: each needs four. */
async function renewals(url: string): Promise<number> {
  const leases = Array.from({ length: 8 }, () => new Lease(url, randomUUID(), '[]'));
  for (const lease of leases) await lease.renew();
  const endMs = performance.now() + 1000 * SECONDS;
  const counts = await Promise.all(
    leases.map(async (lease) => {
      let count = 0;
      for (; performance.now() < endMs; count += 1) await lease.renew();
      return count;
    }),
  );
  return Math.round(counts.reduce((sum, count) => sum + count, 0) / SECONDS);
}
