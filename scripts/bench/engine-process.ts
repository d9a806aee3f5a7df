import { createInterface } from 'node:readline';
import { openDevice } from '../../src/engine/runtime/device.js';
import { Workload, type WorkloadRequest } from '../../src/engine/workload.js';

/** Azimuth's side of a benchmark: a process of its own that answers one JSON request a line, as peer.py does. */
const [folder = '', deviceName = 'cpu'] = process.argv.slice(2);
const device = await openDevice(deviceName);
const workload = await Workload.create(folder, device);
console.log(JSON.stringify({ ready: process.version, device: device.name }));
for await (const line of createInterface({ input: process.stdin })) {
  const seconds = await workload.run(JSON.parse(line) as WorkloadRequest);
  console.log(JSON.stringify({ seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
}
