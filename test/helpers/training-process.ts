import type { DiscoveryConfig } from '../../src/engine/contract.js';
import { discoveryBytes } from '../../src/engine/discovery/memory.js';
import { Trainer, WARM_UP_STEPS } from '../../src/engine/discovery/trainer.js';
import { loadModel } from '../../src/engine/models/load-model.js';
import { openDevice } from '../../src/engine/runtime/device.js';
import { blankStatistics, encodeStatistics } from '../../src/engine/shift/statistics.js';

/** A training step past the warm-up in a process of its own: what it was said to take of memory, and what it took. */
const [folder = '', text = ''] = process.argv.slice(2);
const config = JSON.parse(text) as DiscoveryConfig;
const model = await loadModel(folder);
const device = await openDevice('cpu');
const before = process.memoryUsage.rss();
const predicted = discoveryBytes(model, config, true);
const statistics = blankStatistics(model);
// Memory that nobody has written to is not resident; a run holds the statistics beside the bytes that they came as.
statistics.components.data.fill(1);
const stored = encodeStatistics(statistics);
const trainer = await Trainer.create(model, config, statistics, device);
await trainer.step({ ...trainer.initial(), step: WARM_UP_STEPS }, async () => {}, null);
const measured = process.resourceUsage().maxRSS * 1024 - before;
console.log(JSON.stringify({ predicted, measured, stored: stored.byteLength }));
