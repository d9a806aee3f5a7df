import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DeviceReport } from '../engine/index.js';
import { packageFile } from '../package.js';
import type { LeaseThreadData } from './lease-thread.js';

const TURN_MS = 1000;

/** Keeps a worker's lease from a thread of its own, until stopped. Resolves once it is held. */
export async function keepLease(
  url: string,
  id: string,
  devices: readonly DeviceReport[],
): Promise<{ stop(): Promise<void> }> {
  const turns = new Int32Array(new SharedArrayBuffer(4));
  const workerData: LeaseThreadData = { url, id, devices: JSON.stringify(devices), turns };
  const thread = new Worker(packageFile('dist/src/jobs/lease-thread.js'), { workerData });
  await once(thread, 'message');
  const turning = setInterval(() => Atomics.add(turns, 0, 1), TURN_MS);
  return {
    stop: async () => {
      clearInterval(turning);
      await thread.terminate();
    },
  };
}
