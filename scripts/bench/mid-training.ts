import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createEngine, type DiscoveryConfig } from '../../src/engine/index.js';
import { packageFile } from '../../src/package.js';
import { DISCOVERY_DEFAULTS } from '../../src/resolvers/discovery/defaults.js';
import { Api } from '../support/api.js';
import { launchServer } from '../support/launch.js';
import { median } from './contender.js';
import { EditClient, type Seen } from './slider/client.js';

export interface MidTrainingOptions {
  readonly edits: number;
  readonly batch: number;
}

/** No mixtures of effects are measured first, which would take a minute; a training step is the same. */
const OTHER = { shift: 'GLOBAL', orthonormal: false, previewEvery: 0, trainingSteps: 10_000 } as const;
const WATCHED_STEPS = 3;

/**
 * From the request to the start of an edit, with and without a training under way, beside the longest time between two
 * of that training's offers to let others go first.
 */
export async function midTraining({ edits, batch }: MidTrainingOptions) {
  const config = { ...DISCOVERY_DEFAULTS, ...OTHER, batchSize: batch };
  const started = await startsOf(config, edits);
  const sessionRunsMs = await sessionRuns(config);
  const result = {
    idleStartMs: median(started.idle),
    startMs: median(started.training),
    longestStartMs: Math.max(...started.training),
    sessionRunMs: median(sessionRunsMs),
    longestSessionRunMs: Math.max(...sessionRunsMs),
  };
  for (const [name, ms] of Object.entries(result)) console.log(`${name.padEnd(20)} ${ms.toFixed(0)}`);
  return result;
}

async function startsOf(config: DiscoveryConfig, edits: number) {
  const server = await launchServer(mkdtempSync(join(tmpdir(), 'azimuth-mid-training-')), { AZIMUTH_DEVICE: 'cpu' });
  const api = new Api(server.url);
  try {
    const { models } = await api.query<{ models: { edges: { node: { id: string } }[] } }>(
      '{ models(first: 1) { edges { node { id } } } }',
    );
    const modelId = models.edges[0]?.node.id;
    const client = new EditClient(api);
    const one = async (seed: number) => {
      const { seen, ended } = await client.apply({ modelId, seed, samplingSteps: 5, shifts: [], previewEvery: 1000 });
      await ended;
      return startOf(seen);
    };
    await one(0);
    const idle = await inTurn(edits, (n) => one(n + 1));
    await trainingBegun(api, { ...config, start: undefined, modelId });
    const training = await inTurn(edits, (n) => one(edits + n + 1));
    return { idle, training };
  } finally {
    await api.close();
    await server.stop();
  }
}

function startOf({ requestedAt, runningAt }: Seen): number {
  return runningAt === null ? Number.NaN : runningAt - requestedAt;
}

/** One after the other, at moments that know nothing of the training's. */
async function inTurn(count: number, one: (n: number) => Promise<number>): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < count; n += 1) {
    await setTimeout(100 + 400 * Math.random());
    found.push(await one(n));
  }
  return found;
}

async function trainingBegun(api: Api, input: Record<string, unknown>): Promise<void> {
  const mutation = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
  const { startDiscovery } = await api.query<{ startDiscovery: { id: string } }>(mutation, { input });
  const progress = 'subscription ($id: ID!) { trainingProgress(discoveryId: $id) { __typename } }';
  type Event = { readonly trainingProgress: { readonly __typename: string } };
  for await (const { trainingProgress } of api.subscribe<Event>(progress, { id: startDiscovery.id }))
    if (trainingProgress.__typename === 'TrainingStep') return;
}

/** Milliseconds between any two offers of the same training, in this process. */
async function sessionRuns(config: DiscoveryConfig): Promise<number[]> {
  const engine = await createEngine({ device: 'cpu' });
  const gaps: number[] = [];
  let offeredAt = performance.now();
  let isTraining = false;
  const yieldTo = async () => {
    if (isTraining) gaps.push(performance.now() - offeredAt);
    offeredAt = performance.now();
  };
  const stop = new AbortController();
  const path = packageFile('models/portraits-32');
  const { hash } = await engine.importModel(path, async () => {}, stop.signal);
  const options = { state: null, statistics: null, signal: stop.signal, yieldTo };
  for await (const event of engine.discover({ path, hash }, config, options)) {
    if (event.type !== 'step') continue;
    isTraining = true;
    if (event.step > WATCHED_STEPS) break;
  }
  stop.abort();
  await engine.close();
  return gaps;
}
