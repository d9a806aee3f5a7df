import { sql } from 'drizzle-orm';
import { fromDrizzle } from 'pg-boss';
import type { Logger } from 'pino';
import {
  abandonedRuns,
  type Database,
  endTransactionsOf,
  finishedJobs,
  forgetOldWorkers,
  strandedJobs,
  Work,
} from '../storage/index.js';
import { handBack, putBack } from './hand-back.js';
import type { Queue } from './queue.js';

/** Between two looks for runs whose holder's lease has run out. */
const LOOK_MS = 200;
/** Between two looks for what is rarer. */
const SLOW_LOOK_MS = 2000;
/** After the database was away nobody's lease is judged for so long: they are being renewed. */
const SETTLE_MS = 1000;

/**
 * Puts back into the queue what workers held that are gone, whoever's they were. A worker that was thought gone and is not
 * loses its runs and nothing else: its epoch is over, and every write of it is refused.
 */
export class Recovery {
  private readonly work: Work;
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> = Promise.resolve();
  private stopping = false;
  private settledMs = performance.now() + SETTLE_MS;
  private slowMs = 0;

  constructor(
    private readonly queue: Queue,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {
    this.work = new Work(database);
  }

  start(): void {
    this.timer = setTimeout(() => {
      this.looking = this.look().finally(() => this.stopping || this.start());
    }, LOOK_MS);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.timer) clearTimeout(this.timer);
    await this.looking;
  }

  /** Hands back what a worker held that is known to be dead; with null, what any held whose lease has run out. */
  async recover(deadId: string | null): Promise<void> {
    const reason = 'the worker process died';
    const runs = await abandonedRuns(this.database, deadId);
    const holders = new Set(runs.flatMap(({ workerId }) => workerId ?? []));
    if (holders.size > 0) await endTransactionsOf(this.database, [...holders]);
    for (const { id: runId, kind, epoch, workerId } of runs) {
      this.logger.warn({ runId, kind, epoch, workerId }, 'a run is handed back: its worker is gone');
      await handBack(this.queue, this.work, { runId, kind, epoch }, reason);
    }
  }

  private async look(): Promise<void> {
    const startMs = performance.now();
    try {
      if (startMs > this.settledMs) await this.recover(null);
      else await abandonedRuns(this.database, null);
      if (startMs - this.slowMs > SLOW_LOOK_MS) await this.lookForTheRare(startMs);
    } catch (error) {
      this.settledMs = performance.now() + SETTLE_MS;
      if (!this.stopping) this.logger.warn({ err: error }, 'runs of dead workers could not be looked up; trying again');
    }
    // This process itself was stopped, or the database was: leases look old that are not.
    if (performance.now() - startMs > SETTLE_MS) this.settledMs = performance.now() + SETTLE_MS;
  }

  private async lookForTheRare(nowMs: number): Promise<void> {
    this.slowMs = nowMs;
    await this.database.transaction(async (tx) => {
      for (const job of await strandedJobs(tx))
        await putBack(this.queue, tx, job, 'the worker died as it took the job');
      for (const { name, id } of await finishedJobs(tx))
        await this.queue.boss.complete(name, id, {}, { db: fromDrizzle(tx, sql) });
    });
    await forgetOldWorkers(this.database);
  }
}
