import { createInterface } from 'node:readline';
import { openDevice } from '../../src/engine/runtime/device.js';
import { Workload, type WorkloadRequest } from '../../src/engine/workload.js';

/**
 * Azimuth's side of a benchmark: `engine-process.js MODEL DEVICE [THREADS]`, a process of its own that answers one JSON request
 * a line, as peer.py does; `{"flop": request}` with the operations that the request comes to.
 */
const [folder = '', deviceName = 'cpu', threads] = process.argv.slice(2);
const precision = process.env['AZIMUTH_PRECISION'] === 'float16' ? 'float16' : 'float32';
const device = await openDevice(deviceName, threads === undefined ? undefined : Number(threads), undefined, precision);
const workload = await Workload.create(folder, device);
const idleBytes = process.memoryUsage.rss();
console.log(JSON.stringify({ ready: process.version, device: device.name, idleBytes }));
for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(line)));

async function answer(line: string) {
  const request = JSON.parse(line) as WorkloadRequest | { readonly flop: WorkloadRequest };
  if ('flop' in request) return { flop: workload.flop(request.flop) };
  try {
    const seconds = await workload.run(request);
    return { seconds, peakBytes: process.resourceUsage().maxRSS * 1024 };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
