import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Lease, RENEW_MS } from '../storage/lease.js';

/** A main thread that has not turned its event loop for so long hangs: no session run takes that. */
const HUNG_MS = 15 * 60_000;

/** What the thread is started with. */
export interface LeaseThreadData {
  readonly url: string;
  readonly id: string;
  readonly devices: string;
  /** A counter that the main thread raises whenever its event loop turns. */
  readonly turns: Int32Array;
}

/**
 * Renews the lease of the worker process beside its main thread, which a session run blocks for seconds. A process that is
 * stopped renews nothing; one whose main thread hangs is ended, so that its supervisor starts another.
 */
async function main({ url, id, devices, turns }: LeaseThreadData): Promise<never> {
  const lease = new Lease(url, id, devices);
  let [seen, seenMs] = [Atomics.load(turns, 0), performance.now()];
  for (let isHeld = false; ; ) {
    const renewed = await lease.renew();
    if (renewed && !isHeld) parentPort?.postMessage('held');
    isHeld ||= renewed;
    await setTimeout(RENEW_MS);
    const now = Atomics.load(turns, 0);
    if (now !== seen) [seen, seenMs] = [now, performance.now()];
    else if (performance.now() - seenMs > HUNG_MS) process.kill(process.pid, 'SIGKILL');
  }
}

void main(workerData as LeaseThreadData);
