import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Bell, EVENT_CHANNEL } from '../../src/storage/bell.js';
import { StaleEpochError } from '../../src/storage/errors.js';
import { appendEvent, followEvents } from '../../src/storage/events.js';
import { Work } from '../../src/storage/index.js';
import { insertRun } from '../../src/storage/runs.js';
import type { EventRow } from '../../src/storage/types.js';
import { TestDatabase } from '../helpers/database.js';

let db: TestDatabase;
let bell: Bell;
let work: Work;

beforeAll(async () => {
  db = await TestDatabase.start();
  bell = await Bell.open(db.url, EVENT_CHANNEL);
  work = new Work(db.database);
});
afterAll(async () => {
  await bell.close();
  await db.close();
});

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
const step = { type: 'TrainingStep', payload: {} } as const;

/** A run that a worker holds; its log has two events. */
async function running() {
  const runId = randomUUID();
  await db.database.transaction((tx) => insertRun(tx, runId, 'discovery', null));
  const held = await work.take(runId, randomUUID());
  if (!held) throw new Error('not taken');
  return held;
}

async function collect(runId: string, after = 0, signal = new AbortController().signal): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  for await (const row of followEvents(db.database, bell, runId, after, signal)) rows.push(row);
  return rows;
}

describe('the event log', () => {
  it('numbers events without gaps under concurrent writers, and a follower sees each once, in order', async () => {
    const held = await running();
    const followed = collect(held.runId);
    const writer = async () => {
      for (let n = 0; n < 25; n += 1) await appendEvent(db.database, { ...held, ...step });
    };
    await Promise.all(Array.from({ length: 8 }, writer));
    await work.setStatus(held, 'SUCCEEDED');
    const rows = await followed;
    expect(rows.map(({ seq }) => seq)).toEqual(upTo(203));
    expect((await collect(held.runId, 150)).map(({ seq }) => seq)).toEqual(upTo(203).slice(150));
  });

  it('does not lose the event of a transaction that is slow to commit', async () => {
    const held = await running();
    const followed = collect(held.runId);
    const slow = db.database.transaction(async (tx) => {
      await appendEvent(tx, { ...held, ...step });
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await appendEvent(db.database, { ...held, ...step });
    await slow;
    await work.setStatus(held, 'SUCCEEDED');
    expect((await followed).map(({ seq }) => seq)).toEqual(upTo(5));
  });

  it('leaves no number behind for a transaction that is rolled back', async () => {
    const held = await running();
    const broken = db.database.transaction(async (tx) => {
      await appendEvent(tx, { ...held, ...step });
      throw new Error('rolled back');
    });
    await expect(broken).rejects.toThrow('rolled back');
    expect(await appendEvent(db.database, { ...held, ...step })).toBe(3);
  });

  it('refuses a worker that no longer holds the run, whatever it writes', async () => {
    const old = await running();
    expect(await work.handOver(old, async () => null)).toBe(true);
    await expect(work.append(old, 'TrainingStep', {})).rejects.toBeInstanceOf(StaleEpochError);
    await expect(work.setStatus(old, 'SUCCEEDED')).rejects.toBeInstanceOf(StaleEpochError);
    await expect(
      work.trainings.saveCheckpoint(old, 1, new Uint8Array(4), new Uint8Array(4), true),
    ).rejects.toBeInstanceOf(StaleEpochError);
    expect(await work.handOver(old, async () => null)).toBe(false);
    const held = await work.take(old.runId, randomUUID());
    await work.setStatus(held!, 'SUCCEEDED');
    const rows = await collect(old.runId);
    expect(rows.map(({ payload }) => payload['status'])).toEqual([
      'QUEUED',
      'RUNNING',
      'QUEUED',
      'RUNNING',
      'SUCCEEDED',
    ]);
    expect(await work.take(old.runId, randomUUID())).toBeNull();
  });

  it('has one final status, also where it is written again because its answer was lost', async () => {
    const held = await running();
    await work.setStatus(held, 'CANCELLED');
    await expect(work.setStatus(held, 'CANCELLED')).rejects.toThrow(StaleEpochError);
    expect((await collect(held.runId)).map(({ payload }) => payload['status'])).toEqual([
      'QUEUED',
      'RUNNING',
      'CANCELLED',
    ]);
  });

  it('goes on after the LISTEN connection was lost, with what was written meanwhile', async () => {
    const held = await running();
    const seen: number[] = [];
    const followed = (async () => {
      for await (const { seq } of followEvents(db.database, bell, held.runId, 0, new AbortController().signal))
        seen.push(seq);
    })();
    await db.dropListeners();
    await appendEvent(db.database, { ...held, ...step });
    await new Promise((resolve) => setTimeout(resolve, 600));
    await appendEvent(db.database, { ...held, ...step });
    await work.setStatus(held, 'SUCCEEDED');
    await followed;
    expect(seen).toEqual(upTo(5));
  });

  it('looks for a database that is away at a steady pace, and follows again once it is back', async () => {
    const held = await running();
    const followed = collect(held.runId);
    const connect = vi.spyOn(pg.Client.prototype, 'connect');
    await db.unreachable(async () => {
      await db.dropListeners();
      await new Promise((resolve) => setTimeout(resolve, 2500));
    });
    // Every 200 ms.
    expect(connect.mock.calls.length).toBeGreaterThan(1);
    expect(connect.mock.calls.length).toBeLessThan(16);
    connect.mockRestore();
    await new Promise((resolve) => setTimeout(resolve, 600));
    await work.setStatus(held, 'SUCCEEDED');
    expect((await followed).map(({ seq }) => seq)).toEqual(upTo(3));
  });

  it('lets a follower go at once, also while it waits', async () => {
    const held = await running();
    const abort = new AbortController();
    const followed = collect(held.runId, 2, abort.signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    abort.abort();
    expect(await followed).toEqual([]);
  });

  it('ends at once for a run that is over, and for one that does not exist', async () => {
    const held = await running();
    await work.setStatus(held, 'CANCELLED');
    expect(await collect(held.runId, 3)).toEqual([]);
    expect(await collect(held.runId, 1000)).toEqual([]);
    expect(await collect(randomUUID())).toEqual([]);
  });

  it('serves a log longer than a page to a slow reader', async () => {
    const held = await running();
    await db.pool.query(
      `INSERT INTO event (run_id, seq, type, payload) SELECT $1, n, 'TrainingStep', '{}' FROM generate_series(3, 1000) n`,
      [held.runId],
    );
    await db.pool.query('UPDATE run SET last_seq = 1000 WHERE id = $1', [held.runId]);
    await work.setStatus(held, 'SUCCEEDED');
    expect((await collect(held.runId)).map(({ seq }) => seq)).toEqual(upTo(1001));
  });
});
