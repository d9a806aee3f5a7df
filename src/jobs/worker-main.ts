import { join } from 'node:path';
import { pino } from 'pino';
import { readAccess } from '../access/settings.js';
import { createEngine } from '../engine/index.js';
import { packageVersion } from '../package.js';
import { readS3Place } from '../storage/index.js';
import { startWorker } from './worker.js';

/** Entry of the forked worker process: the only one that loads ONNX Runtime. Its parent gives url, device, id and data folder. */
async function main(): Promise<void> {
  const { AZIMUTH_WORKER_URL: url, AZIMUTH_WORKER_DEVICE: device, AZIMUTH_WORKER_ID: id } = process.env;
  const { AZIMUTH_WORKER_DATA: data, AZIMUTH_WORKER_CACHE_BYTES: cacheBytes = '' } = process.env;
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token } = process.env;
  if (!url || !device || !id || !data)
    throw new Error('The worker is started by the server: AZIMUTH_WORKER_URL, _DEVICE, _ID and _DATA are missing.');
  const hub = { hub: { endpoint: endpoint || null, token: token || null }, cache: join(data, 'hub') };
  const { modelRoots } = readAccess(process.env, process.env['HOST'] || '127.0.0.1', data);
  const logger = pino({ name: 'worker', level: process.env['LOG_LEVEL'] ?? 'info' }, pino.destination(2));
  const files = { cache: join(data, 'models'), cacheBytes: Number(cacheBytes), s3: readS3Place(process.env) };
  const budget = Number(process.env['AZIMUTH_MEMORY_BUDGET']);
  const precision = process.env['AZIMUTH_PRECISION'] === 'float16' ? 'float16' : 'float32';
  const engine = await createEngine({ device, precision, ...(budget > 0 ? { memoryBudget: budget } : {}) });
  const stopWithinMs = Number(process.env['AZIMUTH_WORKER_STOP_MS']);
  const settings = { hub, files, modelRoots, stopWithinMs };
  const worker = await startWorker({ url, engine, id, version: packageVersion(), logger, ...settings });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void worker.stop().finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  // Ctrl-C reaches the whole process group; the server tells us when to stop.
  process.on('SIGINT', () => {});
  process.on('disconnect', stop);
  process.send?.('ready');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
