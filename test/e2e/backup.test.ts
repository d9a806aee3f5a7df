import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type LaunchedServer, launchServer } from '../../scripts/support/launch.js';
import { packageFile } from '../../src/package.js';
import { App } from '../helpers/app.js';
import { TINY_MODEL } from '../helpers/models.js';
import { isAlive } from '../helpers/processes.js';

/** The compiled command beside the compiled server, as an operator runs them. */

let folder: string;
let server: LaunchedServer;
// A training for real, on whatever processors the machine can spare.
vi.setConfig({ testTimeout: 600_000 });
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-backup-'));
});
afterAll(async () => {
  if (isAlive(server.pid)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function azimuth(args: readonly string[], dataDir: string): string {
  const env = { ...process.env, AZIMUTH_DATA: dataDir };
  const { status, stdout, stderr } = spawnSync(process.execPath, [packageFile('dist/src/main.js'), ...args], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

test('a training backed up while it runs goes on elsewhere from its checkpoint, with its whole log', async () => {
  const [home, away, file] = ['home', 'away', 'backup'].map((name) => join(folder, name)) as [string, string, string];
  const env = { AZIMUTH_DEVICE: 'cpu', LOG_LEVEL: 'fatal' };
  const training = { directions: 4, trainingSteps: 150, batchSize: 4, samplingSteps: 2, checkpointEvery: 5 };
  server = await launchServer(home, env);
  let app = new App(server.url);
  const modelId = await app.importModel(TINY_MODEL);
  const id = await app.startDiscovery({ modelId, ...training, previewEvery: 10 });
  const before = await app.follow(id, 0, (events) => events.some(({ step }) => step === 20));
  expect(azimuth(['backup', file], home)).toMatch(/MiB; rows: model 2, discovery 1/);
  // The training went on under it.
  const later = await app.follow(id, before.at(-1)!.seq, (events) => events.length > 3);
  expect(later.length).toBeGreaterThan(3);
  expect(await server.stop()).toBe(0);

  expect(azimuth(['restore', file], away)).toMatch(/Restored/);
  expect(() => azimuth(['restore', file], away)).toThrow(/empty database/);
  server = await launchServer(away, env);
  app = new App(server.url);
  const all = await app.follow(id, 0);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  // What was seen before the backup is the front of the restored log.
  expect(all.slice(0, before.length)).toEqual(before);
  const steps = all.filter(({ __typename }) => __typename === 'TrainingStep').map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  expect(all.at(-1)).toMatchObject({ status: 'SUCCEEDED' });
  const { discovery } = await app.api.query<{ discovery: { resumedFromStep: number } }>(
    'query ($id: ID!) { discovery(id: $id) { resumedFromStep } }',
    { id },
  );
  expect(discovery.resumedFromStep).toBeGreaterThanOrEqual(15);
});
