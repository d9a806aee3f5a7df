import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LaunchedServer, launchServer } from '../../scripts/support/launch.js';
import { App, type TrainingEvent } from '../helpers/app.js';
import { TINY_MODEL } from '../helpers/models.js';
import { generator } from '../helpers/numeric.js';
import { workerOf } from '../helpers/processes.js';

const folder = mkdtempSync(join(tmpdir(), 'azimuth-kills-'));
let server: LaunchedServer;
let app: App;
let modelId: string;

beforeAll(async () => {
  server = await launchServer(folder, { AZIMUTH_DEVICE: 'cpu', LOG_LEVEL: 'fatal' });
  app = new App(server.url);
  modelId = await app.importModel(TINY_MODEL);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Long enough that the last scoring measures fidelity, with every part of the state in use. */
const TRAINING = {
  directions: 2,
  trainingSteps: 105,
  batchSize: 16,
  samplingSteps: 2,
  checkpointEvery: 5,
  previewEvery: 0,
  seed: 9,
};
const CHECKPOINT_EVERY = TRAINING.checkpointEvery;
const SEED = 20;

/** When to kill: once `step` has been announced, `delayMs` later. */
interface Moment {
  readonly step: number;
  readonly delayMs: number;
}

/**
 * Ten moments from the first steps to the last scoring. A step is announced before its checkpoint is written: at a
 * multiple of `checkpointEvery` a few milliseconds later is in the write; elsewhere the delay, up to two steps long, falls
 * into the forward pass, the backward pass or the optimisers of the steps after.
 */
function moments(stepMs: number, scoringMs: number): Moment[] {
  const random = generator(SEED);
  const inSteps = Array.from({ length: 8 }, (_, index) => {
    const step = 4 + index * 11 + Math.floor(random() * 8);
    const isWrite = index % 3 === 1;
    return isWrite
      ? { step: Math.ceil(step / CHECKPOINT_EVERY) * CHECKPOINT_EVERY, delayMs: random() * 5 }
      : { step, delayMs: random() * 2 * stepMs };
  });
  const inScoring = Array.from({ length: 2 }, () => ({
    step: TRAINING.trainingSteps,
    delayMs: random() * 0.4 * scoringMs,
  }));
  return [...inSteps, ...inScoring];
}

const steps = (events: readonly TrainingEvent[]) =>
  events.flatMap(({ __typename, step }) => (__typename === 'TrainingStep' && step ? [step] : []));
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

interface Progress {
  readonly resumedFromStep: number | null;
  readonly secondsPerStep: number;
  readonly lastSeq: number;
}

async function progress(id: string): Promise<Progress> {
  const query = 'query ($id: ID!) { discovery(id: $id) { resumedFromStep secondsPerStep lastSeq } }';
  return (await app.api.query<{ discovery: Progress }>(query, { id })).discovery;
}

/** Everything that was measured of the directions. */
async function scores(id: string): Promise<unknown> {
  const query = `query ($id: ID!) { discovery(id: $id) { directions { edges { node {
    index version accuracy strengthError monotonicity effectSize uniqueness score dead
    fidelity { strength kid frechetDistance } fidelityBaseline { samples kid frechetDistance } strengthRange { min max }
  } } } } }`;
  return app.api.query(query, { id });
}

/** Steps announced when the run went back to the queue, once for each time. */
function announcedAtEachKill(events: readonly TrainingEvent[]): number[] {
  return events.flatMap(({ status, seq }) =>
    status === 'QUEUED' && seq > 1 ? [steps(events.filter((event) => event.seq < seq)).at(-1) ?? 0] : [],
  );
}

test(`killed ten times at random moments (seed ${SEED}) ends with the bytes of a run that was left alone`, async () => {
  const undisturbed = await app.startDiscovery({ modelId, ...TRAINING });
  await app.follow(undisturbed, 0, (events) => steps(events).includes(TRAINING.trainingSteps));
  const { secondsPerStep } = await progress(undisturbed);
  const start = performance.now();
  await app.follow(undisturbed, 0);
  const plan = moments(1000 * secondsPerStep, performance.now() - start);
  const id = await app.startDiscovery({ modelId, ...TRAINING });
  const resumed: number[] = [];
  for (const [index, { step, delayMs }] of plan.entries()) {
    // The scoring begins again when it was killed: wait for this one's worker to have the run.
    const runs = (events: readonly TrainingEvent[]) => events.filter(({ status }) => status === 'RUNNING').length;
    await app.follow(id, 0, (events) => runs(events) === index + 1 && (steps(events).at(-1) ?? 0) >= step);
    await setTimeout(delayMs);
    process.kill(workerOf(server.pid), 'SIGKILL');
    // Of the worker that was killed: the next one takes longer to start than this query.
    if (index > 0) resumed.push((await progress(id)).resumedFromStep ?? 0);
  }
  const events = await app.follow(id, 0);
  resumed.push((await progress(id)).resumedFromStep ?? 0);
  expect(events.map(({ seq }) => seq)).toEqual(upTo(events.length));
  expect(events.flatMap(({ status }) => status ?? [])).toEqual([
    ...Array.from({ length: 11 }, () => ['QUEUED', 'RUNNING']).flat(),
    'SUCCEEDED',
  ]);
  // Each step, checkpoint and scorecard once, however often it was computed.
  expect(steps(events)).toEqual(upTo(TRAINING.trainingSteps));
  for (const type of ['CheckpointSaved', 'ScorecardUpdated']) {
    expect(events.filter(({ __typename }) => __typename === type).map(({ step }) => step)).toEqual(
      upTo(TRAINING.trainingSteps / CHECKPOINT_EVERY).map((n) => n * CHECKPOINT_EVERY),
    );
  }
  const again = announcedAtEachKill(events).map((announced, index) => announced - (resumed[index] ?? 0));
  expect(again).toHaveLength(10);
  for (const count of again) {
    expect(count).toBeGreaterThanOrEqual(0);
    expect(count).toBeLessThanOrEqual(CHECKPOINT_EVERY);
  }
  expect(await scores(id)).toEqual(await scores(undisturbed));
  expect(JSON.stringify(await scores(id))).toContain('"strength":-6');
  const editAlong = async (discovery: string) => {
    const [, directionId] = await app.directionIds(discovery);
    return app.edit({ modelId, seed: 2, samplingSteps: 5, shifts: [{ directionId, strength: 5 }] });
  };
  const [one, other] = [await editAlong(undisturbed), await editAlong(id)];
  expect(other.parameters).toEqual(one.parameters);
  expect(other.result.equals(one.result)).toBe(true);
  expect(other.result.equals(other.original)).toBe(false);
}, 300_000);
