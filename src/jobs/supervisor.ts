import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { packageFile } from '../package.js';
import { type Database, forgetWorker, openPool } from '../storage/index.js';
import type { Queue } from './queue.js';
import { Recovery } from './recovery.js';
import { SESSION_PROCESS } from './session-process.js';

const RESTART_MS = 200;
const RESTART_MAX_MS = 10_000;
/** For a worker to let go of everything, once it has come to a checkpoint or its time for that is over. */
const STOP_GRACE_MS = 5000;
const STOP_WITHIN_MS = 20_000;

export interface SupervisorOptions {
  readonly url: string;
  readonly device: string;
  /** Where fetched models are kept. */
  readonly dataDir: string;
  /** Copies of models' files in it take so many bytes at most. */
  readonly cacheBytes: number;
  readonly queue: Queue;
  readonly logger: Logger;
  /** How long a training may take to come to a checkpoint when the worker stops. */
  readonly stopWithinMs?: number;
}

export interface Supervisor {
  /** Process id of the worker, while there is one. */
  pid(): number | null;
  stop(): Promise<void>;
}

/**
 * Keeps one worker process running. When it dies, what it held goes back to the queue at once, under a new epoch, so that
 * the training resumes within about a second; runs left by workers of hosts that are gone are picked up likewise.
 */
export function startSupervisor(options: SupervisorOptions): Supervisor {
  const { pool, database } = openPool(options.url, 2);
  const keeper = new Keeper(options, database);
  keeper.start();
  return {
    pid: () => keeper.pid(),
    stop: async () => {
      await keeper.stop();
      await pool.end();
    },
  };
}

class Keeper {
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  private stopping = false;
  private delayMs = RESTART_MS;
  private readonly recovery: Recovery;

  constructor(
    private readonly options: SupervisorOptions,
    private readonly database: Database,
  ) {
    this.recovery = new Recovery(options.queue, database, options.logger);
    this.recovery.start();
  }

  pid(): number | null {
    return this.child?.pid ?? null;
  }

  start(): void {
    const id = randomUUID();
    let cameUp = false;
    const { url, device, dataDir, cacheBytes, logger, stopWithinMs = STOP_WITHIN_MS } = this.options;
    const own = { AZIMUTH_WORKER_URL: url, AZIMUTH_WORKER_DEVICE: device, AZIMUTH_WORKER_ID: id };
    const place = { AZIMUTH_WORKER_DATA: dataDir, AZIMUTH_WORKER_CACHE_BYTES: String(cacheBytes) };
    const env = {
      ...SESSION_PROCESS.env,
      ...process.env,
      ...own,
      ...place,
      AZIMUTH_WORKER_STOP_MS: String(stopWithinMs),
    };
    const child = fork(packageFile('dist/src/jobs/worker-main.js'), {
      env,
      execPath: process.execPath,
      execArgv: [...process.execArgv, ...SESSION_PROCESS.execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.child = child;
    child.once('message', () => {
      cameUp = true;
    });
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.child = null;
        resolve();
        if (this.stopping) return;
        logger.error({ workerId: id, code, signal }, 'the worker process ended; starting another');
        void this.restart(id, cameUp);
      });
      child.once('error', (error) =>
        logger.error({ workerId: id, err: error }, 'the worker process could not be started'),
      );
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child) {
      child.kill('SIGTERM');
      const graceMs = (this.options.stopWithinMs ?? STOP_WITHIN_MS) + STOP_GRACE_MS;
      const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await this.exited;
      clearTimeout(force);
    }
    await this.recovery.stop();
  }

  /** Waits longer each time that a worker does not come up. One that did was killed by its work, whose retries the queue bounds. */
  private async restart(deadId: string, cameUp: boolean): Promise<void> {
    this.delayMs = cameUp ? RESTART_MS : Math.min(this.delayMs * 2, RESTART_MAX_MS);
    try {
      await this.recovery.recover(deadId);
      await forgetWorker(this.database, deadId);
    } catch (error) {
      // Its lease runs out soon, and then it is found.
      this.options.logger.warn(
        { workerId: deadId, err: error },
        'what the dead worker held could not be handed back at once',
      );
    }
    setTimeout(() => {
      if (!this.stopping) this.start();
    }, this.delayMs);
  }
}
