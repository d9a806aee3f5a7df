/** What the server needs of the jobs; nothing here loads the engine's implementation. */
export { createEstimator, type Estimate } from './estimator.js';
export { createMerger, type Merge, type MergeOrder } from './merger.js';
export { openQueue, type Queue } from './queue.js';
export { type Supervisor, startSupervisor } from './supervisor.js';
export { createTransfer, type Transfer } from './transfer.js';
