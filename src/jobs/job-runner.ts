import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { AccessError } from '../access/errors.js';
import { EngineError } from '../engine/index.js';
import { type Bell, type Held, isPassing, queueKey, StaleEpochError } from '../storage/index.js';
import type { RunKind } from '../storage/types.js';
import { answer } from './answer.js';
import { ASK_LIMIT_MS } from './ask.js';
import { discoveryJob } from './discovery-job.js';
import { editJob } from './edit-job.js';
import { estimateJob } from './estimate-job.js';
import type { EstimateRequest } from './estimator.js';
import { isElsewhere } from './files/elsewhere.js';
import { galleryJob } from './gallery-job.js';
import { handBack } from './hand-back.js';
import { importJob } from './import-job.js';
import type { JobContext, JobSignals } from './job.js';
import { mergeJob } from './merge-job.js';
import type { MergeOrder } from './merger.js';
import { QUEUES, type Queue, type QueueName } from './queue.js';
import { type SweepMember, sweepJob } from './sweep-job.js';
import type { TransferRequest } from './transfer.js';
import { transferJob } from './transfer-job.js';
import { untilAnswered } from './until-answered.js';

/** A request is announced by NOTIFY; this bounds what a lost one costs. */
const REQUEST_LOOK_MS = 2000;
/** Somebody else gets the first chance at an import that is not for this host. */
const PASS_ON_MS = 500;
const POLL = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 2 } as const;

type RunJob = (context: JobContext, held: Held, signals: JobSignals) => Promise<void>;

/** Runs jobs, and turns their ends into statuses. */
export class JobRunner {
  /** Nothing new is begun; a training comes to a checkpoint, all else stops between two session runs. */
  private readonly leaving = new AbortController();
  /** The time for that is over. */
  private readonly stopping = new AbortController();
  private readonly active = new Set<Promise<unknown>>();

  constructor(
    private readonly context: JobContext,
    private readonly queue: Queue,
    private readonly bell: Bell,
    private readonly workerId: string,
  ) {}

  async listen(): Promise<void> {
    const { interactive } = this.context;
    const { boss } = this.queue;
    const on = async (name: QueueName, handle: (id: string, data: object) => Promise<unknown>) => {
      const workerId: string = await boss.work<object>(name, { ...POLL, batchSize: 1 }, async ([job]) => {
        if (!job) return;
        const output = await this.tracked(handle(job.id, job.data ?? {}));
        // A backlog would otherwise drain at the pace of the polls.
        setImmediate(() => boss.notifyWorker(workerId));
        return output;
      });
      void this.wakeOn(name, () => boss.notifyWorker(workerId));
    };
    await on('edit', (id) => interactive.during(() => this.run('edit', id, editJob)));
    await on('sweep', (id) => interactive.duringSweep(() => this.runSweep(id)));
    await on('import', (id) => this.runImport(id));
    await on('discovery', (id) => this.run('discovery', id, discoveryJob));
    const asked = <Result>(work: () => Promise<Result>) => interactive.during(() => answer(work, this.leaving.signal));
    await on('estimate', (_, data) => asked(() => estimateJob(this.context, data as EstimateRequest, this.patience())));
    await on('directions', (_, data) => asked(() => transferJob(this.context, data as TransferRequest)));
    await on('merge', (_, data) => asked(() => mergeJob(this.context, data as MergeOrder, this.patience())));
    await on('gallery', (_, data) => galleryJob(this.context, data, this.leaving.signal));
  }

  /** A job that comes back into its queue is not announced by the queue. */
  private async wakeOn(name: QueueName, wake: () => void): Promise<void> {
    const { signal } = this.stopping;
    const ring = this.bell.subscribe(queueKey(name));
    while (!signal.aborted) {
      await ring.wait(signal, REQUEST_LOOK_MS);
      if (!signal.aborted) wake();
    }
    ring.close();
  }

  /** Nobody waits longer for an answer. */
  private patience(): AbortSignal {
    return AbortSignal.any([this.leaving.signal, AbortSignal.timeout(ASK_LIMIT_MS)]);
  }

  /** A training that comes to no checkpoint within `withinMs` is handed back without. */
  async stop(withinMs: number): Promise<void> {
    // Nothing new is taken, so that what is handed back goes to somebody else.
    await Promise.all(QUEUES.map((name) => this.queue.boss.offWork(name, { wait: false })));
    this.leaving.abort();
    const late = setTimeout(() => this.stopping.abort(), withinMs);
    await Promise.allSettled(this.active);
    clearTimeout(late);
    this.stopping.abort();
  }

  private async tracked<T>(work: Promise<T>): Promise<T> {
    this.active.add(work);
    try {
      return await work;
    } finally {
      this.active.delete(work);
    }
  }

  private async run(kind: RunKind, runId: string, job: RunJob): Promise<void> {
    if (this.leaving.signal.aborted) throw new Error('the worker is stopping');
    const held = await this.take(runId);
    if (!held) return;
    const logger = this.context.logger.child({ runId, kind, epoch: held.epoch });
    logger.info('a run was taken');
    const cancelled = new AbortController();
    const paused = new AbortController();
    const done = new AbortController();
    void this.watchRequests(held, cancelled, paused, done.signal);
    try {
      const ends = kind === 'discovery' ? this.stopping : this.leaving;
      const signal = AbortSignal.any([ends.signal, cancelled.signal]);
      const signals = { signal, pause: paused.signal, leave: this.leaving.signal };
      await this.context.metrics.during(kind, () => job({ ...this.context, logger }, held, signals));
      logger.info('a run is done');
    } catch (error) {
      await this.conclude(() => this.end({ ...held, kind }, error, cancelled.signal));
      logger.info({ err: error }, 'a run ended early');
    } finally {
      done.abort();
    }
  }

  /** Leaves the import of a folder that is not on this host to a worker that may have it. */
  private async runImport(runId: string): Promise<void> {
    if (await isElsewhere(this.context, runId, this.workerId)) {
      await pause(PASS_ON_MS);
      // Its queue gives it to somebody else, or here again.
      throw new Error(`import ${runId}: the folder is not on this host`);
    }
    await this.run('import', runId, importJob);
  }

  /** Runs all edits of a sweep that are not over; what happens to one of them is no matter of the others. */
  private async runSweep(sweepId: string): Promise<void> {
    const { work, logger } = this.context;
    if (this.leaving.signal.aborted) throw new Error('the worker is stopping');
    const rows = await untilAnswered(() => work.edits.sweep(sweepId), this.stopping.signal);
    const members: SweepMember[] = [];
    const done = new AbortController();
    // A listener for each edit of the sweep is no leak.
    setMaxListeners(0, done.signal);
    const taken = await Promise.all(rows.map(({ id }) => this.take(id)));
    for (const [place, row] of rows.entries()) {
      const held = taken[place];
      if (!held) continue;
      const cancelled = new AbortController();
      void this.watchRequests(held, cancelled, new AbortController(), done.signal);
      members.push({ row, held, cancelled: cancelled.signal, isOver: false });
    }
    try {
      await sweepJob(this.context, members, rows.length, this.leaving.signal);
    } catch (error) {
      for (const { held, cancelled, isOver } of members)
        if (!isOver && error instanceof StaleEpochError) await this.letGo({ ...held, kind: 'edit' });
        else if (!isOver) await this.conclude(() => this.end({ ...held, kind: 'edit' }, error, cancelled));
      logger.info({ sweepId, err: error }, 'a sweep ended early');
    } finally {
      done.abort();
    }
  }

  /** Aborts `cancelled` or `paused` once somebody has asked for it, and `cancelled` once somebody else has the run. */
  private async watchRequests(
    held: Held,
    cancelled: AbortController,
    paused: AbortController,
    done: AbortSignal,
  ): Promise<void> {
    const ring = this.bell.subscribe(held.runId);
    while (!done.aborted && !cancelled.signal.aborted) {
      const asked = await this.context.work.requested(held).catch(() => null);
      if (asked?.pause) paused.abort();
      if (asked?.lost) cancelled.abort(new StaleEpochError(held.runId, held.epoch));
      else if (asked?.cancel) cancelled.abort();
      else await ring.wait(done, REQUEST_LOOK_MS);
    }
    ring.close();
  }

  /** Of a sweep that was taken over in part, the rest follows. */
  private letGo(held: Held & { kind: RunKind }): Promise<void> {
    const { work } = this.context;
    return this.conclude(() => handBack(this.queue, work, held, 'another worker took the sweep over'));
  }

  /** Ends a run that is still ours, whatever the database does meanwhile. */
  private async conclude(write: () => Promise<void>): Promise<void> {
    await untilAnswered(write, this.stopping.signal).catch((error: unknown) => {
      if (!(error instanceof StaleEpochError)) throw error;
    });
  }

  /**
   * Takes a run, however often the database has to be asked. Taken unawares, because the answer was lost, it would be
   * RUNNING under a worker that is alive and knows nothing of it.
   */
  private take(runId: string): Promise<Held | null> {
    return untilAnswered(() => this.context.work.take(runId, this.workerId), this.stopping.signal);
  }

  /** A typed error ends the run; a shutdown or a database that went away hands it back; somebody else's run is left alone. */
  private async end(held: Held & { kind: RunKind }, error: unknown, cancelled: AbortSignal): Promise<void> {
    const { work } = this.context;
    if (error instanceof StaleEpochError || cancelled.reason instanceof StaleEpochError) return;
    if (cancelled.aborted) return work.setStatus(held, 'CANCELLED');
    if (this.leaving.signal.aborted)
      return handBack(this.queue, work, held, 'the server was stopped', { isFault: false });
    if (isPassing(error)) return handBack(this.queue, work, held, 'the database was away', { isFault: false });
    const typed = error instanceof EngineError || error instanceof AccessError;
    const known = typed && error.code !== 'INTERNAL_SERVER_ERROR';
    const text = error instanceof Error ? error.message : String(error);
    const code = known ? error.code : 'INTERNAL_SERVER_ERROR';
    await work.giveUp(held, { code, message: known ? text : `The run failed unexpectedly: ${text}` });
  }
}
