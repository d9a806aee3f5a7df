import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { killsOf, summaryOf } from '../../scripts/chaos/report.js';
import { chaos } from '../../scripts/chaos/run.js';

/** The short form of `npm run chaos`: real processes, real sockets, a real PostgreSQL, all of them killed. */

const KILLS = 8;
const SEED = 11;
const EACH = KILLS / 4;

test(`loses nothing that was acknowledged when everything is killed twice under its clients (seed ${SEED})`, async () => {
  const result = await chaos({
    kills: KILLS,
    seed: SEED,
    minutes: 10,
    gapMs: 1200,
    apis: 2,
    workers: 2,
    hasPortraits: false,
    isLoud: false,
  });
  const summary = summaryOf(result);
  // Each with what happened around it; the logs are in the folder.
  expect({ violations: result.violations.all, folder: result.folder }).toEqual({
    violations: [],
    folder: result.folder,
  });
  expect(existsSync(result.folder)).toBe(false);
  expect(killsOf(summary)).toBe(KILLS);
  expect(summary.strikes).toMatchObject({ api: EACH, worker: EACH, engine: EACH, postgres: EACH });
  expect(summary.strikes['cut']).toBeGreaterThan(0);
  expect(summary.strikes['stall']).toBeGreaterThan(0);
  expect(summary.mutationsAcknowledged).toBeGreaterThan(10);
  expect(summary.eventsDelivered).toBeGreaterThan(200);
}, 1_800_000);
