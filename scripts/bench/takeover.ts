import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/storage/index.js';
import { Api } from '../support/api.js';
import { Fleet } from '../support/fleet.js';
import { settledModel } from '../support/settled-model.js';
import { median } from './contender.js';

/** How a worker goes: with its host, alone, or not at all but stopped. */
const WAYS = ['host', 'worker', 'stall'] as const;
type Way = (typeof WAYS)[number];

interface TakeOver {
  readonly way: Way;
  /** From the kill to the announcement that the run waits again, that another worker has it, and of its next step. */
  readonly queuedMs: number;
  readonly runningMs: number;
  readonly stepMs: number;
}

const KILL_AT_STEP = 6;
const TRAINING = { method: 'LEARNED', start: 'PRINCIPAL', trainingSteps: 400, checkpointEvery: 5, previewEvery: 0 };
const PROGRESS = `subscription ($id: ID!) { trainingProgress(discoveryId: $id, after: 0) {
  __typename ... on StatusChanged { status } ... on TrainingStep { step } } }`;

/** Two API nodes and three workers on one PostgreSQL with the shipped model: how soon a lost worker's training goes on. */
export async function takeover({ rounds }: { readonly rounds: number }) {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-takeover-'));
  const database = await openDatabase({ databaseUrl: null, dataDir: folder });
  const fleet = await Fleet.start(database.url, { apis: 2, workers: 3 });
  const apis = fleet.urls.map((url) => new Api(url));
  try {
    const modelId = await settledModel(apis[0] as Api);
    const all: TakeOver[] = [];
    for (let round = 0; round < rounds; round += 1)
      for (const way of WAYS) {
        all.push(await lose(fleet, apis, modelId, way));
        console.log(JSON.stringify(all.at(-1)));
      }
    return Object.fromEntries(WAYS.map((way) => [way, summary(all.filter((one) => one.way === way))]));
  } finally {
    for (const api of apis) await api.close();
    await fleet.stop();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function summary(all: readonly TakeOver[]) {
  const of = (key: 'queuedMs' | 'runningMs' | 'stepMs') => {
    const values = all.map((one) => one[key]);
    return { median: Math.round(median(values)), worst: Math.round(Math.max(...values)) };
  };
  return { queuedMs: of('queuedMs'), runningMs: of('runningMs'), stepMs: of('stepMs') };
}

async function lose(fleet: Fleet, [one, other]: readonly Api[], modelId: string, way: Way): Promise<TakeOver> {
  if (!one || !other) throw new Error('two API nodes are needed');
  const start = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
  const { startDiscovery } = await one.query<{ startDiscovery: { id: string } }>(start, {
    input: { modelId, ...TRAINING },
  });
  const { id } = startDiscovery;
  let [killedMs, stalled, queuedMs, runningMs, stepMs] = [0, 0, 0, 0, 0];
  type Event = { trainingProgress: { status?: string; step?: number } };
  for await (const { trainingProgress } of other.subscribe<Event>(PROGRESS, { id })) {
    const { status, step } = trainingProgress;
    const sinceMs = performance.now() - killedMs;
    if (killedMs === 0 && step === KILL_AT_STEP) {
      const holder = (await fleet.holderOf(id)) ?? '';
      if (way === 'host') fleet.loseHost(holder);
      else process.kill(fleet.pidOf(holder), way === 'stall' ? 'SIGSTOP' : 'SIGKILL');
      if (way === 'stall') stalled = fleet.pidOf(holder);
      killedMs = performance.now();
    } else if (killedMs > 0 && status === 'QUEUED') queuedMs = sinceMs;
    else if (killedMs > 0 && status === 'RUNNING') runningMs = sinceMs;
    else if (runningMs > 0 && step) {
      stepMs = sinceMs;
      break;
    }
  }
  if (stalled) process.kill(stalled, 'SIGCONT');
  await one.query('mutation ($id: ID!) { cancelDiscovery(id: $id) { id } }', { id });
  if (way === 'host') await fleet.addHost();
  return { way, queuedMs, runningMs, stepMs };
}
