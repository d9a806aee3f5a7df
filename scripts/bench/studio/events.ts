import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import sharp from 'sharp';
import { parseGlobalId } from '../../../src/resolvers/ids.js';
import { startServer } from '../../../src/server.js';
import { type Held, type NewImage, openDatabase, openPool, Work } from '../../../src/storage/index.js';
import { Api } from '../../support/api.js';

/** A real server with a discovery whose events come at a given rate: written into its log as a worker does. */
export interface EventSource {
  readonly url: string;
  readonly discoveryId: string;
  /** Writes `perSecond` events a second for so many seconds: every tenth is a preview, the others are training steps. */
  emit(perSecond: number, seconds: number): Promise<void>;
  close(): Promise<void>;
}

const TIMESTEPS = 5;
const SIDE = 32;

export async function openEventSource(): Promise<EventSource> {
  const dataDir = await mkdtemp(join(tmpdir(), 'azimuth-events-'));
  const { url: databaseUrl, stop } = await openDatabase({ databaseUrl: null, dataDir });
  const logger = pino({ level: 'fatal' });
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    databaseUrl,
    device: 'cpu',
    logger,
    worker: false,
  });
  const { pool, database } = openPool(databaseUrl, 2);
  const work = new Work(database);
  const api = new Api(server.url);
  const { discoveryId, held } = await runningDiscovery(api, work);
  return {
    url: server.url,
    discoveryId,
    emit: (perSecond, seconds) => emit(work, held, perSecond, seconds),
    async close() {
      await api.close();
      await server.close();
      await pool.end();
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function runningDiscovery(api: Api, work: Work): Promise<{ discoveryId: string; held: Held }> {
  const imported = 'mutation { importModel(input: { path: "/nowhere", name: "streamed" }) { id } }';
  const modelId = (await api.query<{ importModel: { id: string } }>(imported)).importModel.id;
  await work.models.finishImport(await take(work, modelId), DESCRIPTION, async () => {});
  const started = `mutation ($modelId: ID!) { startDiscovery(input: { modelId: $modelId, trainingSteps: 100000 }) { id } }`;
  const discoveryId = (await api.query<{ startDiscovery: { id: string } }>(started, { modelId })).startDiscovery.id;
  const held = await take(work, discoveryId);
  await work.trainings.start(held, { device: 'cpu', resumedFromStep: null });
  return { discoveryId, held };
}

const DESCRIPTION = {
  hash: 'a'.repeat(64),
  resolution: SIDE,
  channels: 3,
  parameterCount: 1000,
  hShape: [64, 4, 4],
  hTap: 'mid_block',
  trainTimesteps: 1000,
  betaSchedule: 'linear',
  predictionType: 'epsilon',
};

async function take(work: Work, id: string): Promise<Held> {
  const held = await work.take(parseGlobalId(id)?.rowId ?? id, randomUUID());
  if (held === null) throw new Error(`${id} cannot be taken.`);
  return held;
}

async function emit(work: Work, held: Held, perSecond: number, seconds: number): Promise<void> {
  const startedAt = performance.now();
  let step = 0;
  for (let n = 0; n < perSecond * seconds; n += 1) {
    if (n % 10 === 9) await preview(work, held, step, Math.floor(n / 10) % TIMESTEPS);
    else {
      step += 1;
      await work.trainings.step(held, stepPayload(step));
    }
    await setTimeout(Math.max(0, startedAt + ((n + 1) * 1000) / perSecond - performance.now()));
  }
}

function stepPayload(step: number) {
  const classificationLoss = 2.8 * Math.exp(-step / 400) + 0.2 * Math.random();
  const strengthLoss = 1.5 * Math.exp(-step / 600) + 0.1 * Math.random();
  const losses = { classificationLoss, strengthLoss, loss: classificationLoss + 0.25 * strengthLoss };
  const accuracy = Math.round(8 * (1 - Math.exp(-step / 400))) / 8;
  return { step, totalSteps: 100_000, ...losses, accuracy, secondsPerStep: 0.02, peakMemoryBytes: 5e8 };
}

async function preview(work: Work, held: Held, step: number, stepIndex: number): Promise<void> {
  const timestep = 999 - 200 * stepIndex;
  const payload = { step, stepIndex, timestep, samplingSteps: TIMESTEPS, directionIndex: 0, strength: 3 };
  await work.trainings.preview(held, payload, await noise(), await noise());
}

/** New bytes each time, so that the page has to fetch and decode each. */
async function noise(): Promise<NewImage> {
  const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
  const bytes = await sharp(randomBytes(SIDE * SIDE * 3), { raw })
    .png()
    .toBuffer();
  return { bytes, width: SIDE, height: SIDE, contentType: 'image/png' };
}
