/** What the server needs of the jobs; nothing here loads the engine's implementation. */
export { openQueue, type Queue } from './queue.js';
export { startSupervisor, type Supervisor } from './supervisor.js';
