import { and, eq, inArray, sql } from 'drizzle-orm';
import { REQUEST_CHANNEL } from './bell.js';
import type { Database, Queryable } from './connection.js';
import { StorageError } from './errors.js';
import { announced, MOVED, setStatus, takeRun } from './run-status.js';
import { model, run } from './tables.js';
import {
  FINAL_STATUSES,
  type Idempotency,
  type RunKind,
  type RunRow,
  type RunStatus,
  type Starter,
  type Storage,
} from './types.js';

/** Puts a run's job into the queue, in the transaction that writes its row; one that it had before must be taken out first. */
export type Enqueue = (
  tx: Queryable,
  queue: 'discovery' | 'edit' | 'import' | 'gallery' | 'sweep',
  id: string,
  data: Record<string, unknown>,
) => Promise<void>;

/** Takes a job out of the queue, in the transaction that cancels or pauses its run, or gives the run another job. */
export type Dequeue = (tx: Queryable, queue: RunKind | 'sweep', id: string) => Promise<void>;

export interface Jobs {
  readonly enqueue: Enqueue;
  readonly dequeue: Dequeue;
}

/** Inserts a run as QUEUED with its first event. */
export function insertRun(
  tx: Queryable,
  id: string,
  kind: RunKind,
  idempotency: Idempotency | null,
  starter?: Starter,
): Promise<void> {
  return insertRuns(tx, [id], kind, idempotency, starter);
}

/** Several at once, in one statement; `idempotency` is that of the first. */
export async function insertRuns(
  tx: Queryable,
  ids: readonly string[],
  kind: RunKind,
  idempotency: Idempotency | null,
  starter?: Starter,
): Promise<void> {
  const { key: idempotencyKey = null, fingerprint = null } = idempotency ?? {};
  const inserted = tx
    .insert(run)
    .values(
      ids.map((id, place) => ({
        ...{ id, kind, status: 'QUEUED' as const, lastSeq: 1, tokenId: starter?.tokenId ?? null },
        ...(place === 0 ? { idempotencyKey, fingerprint } : {}),
      })),
    )
    .returning(MOVED);
  await tx.execute(sql`WITH moved AS ${inserted}${announced('QUEUED', null)}`);
}

/** The run that `idempotency` already started, if any; CONFLICT where it was started with another input. */
export async function runOfKey(tx: Queryable, kind: RunKind, idempotency: Idempotency | null): Promise<string | null> {
  if (!idempotency) return null;
  // Two requests with one key at once: the second waits here until the first has committed.
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext(${`${kind}:${idempotency.key}`}))`);
  const [known] = await tx
    .select()
    .from(run)
    .where(and(eq(run.kind, kind), eq(run.idempotencyKey, idempotency.key)));
  if (!known) return null;
  if (known.fingerprint === idempotency.fingerprint) return known.id;
  throw new StorageError(
    'CONFLICT',
    `idempotencyKey: "${idempotency.key}" was used before with a different input. Use a new key.`,
  );
}

/** Cancels at once what no worker has; asks the worker of what runs. Gives the status of a run that is over. Throws NOT_FOUND. */
export async function cancelRun(
  tx: Queryable,
  { dequeue }: Pick<Jobs, 'dequeue'>,
  runId: string,
): Promise<RunStatus | null> {
  const [row] = await tx.select().from(run).where(eq(run.id, runId)).for('update');
  if (!row) throw new StorageError('NOT_FOUND', `There is no run ${runId}.`);
  if (FINAL_STATUSES.includes(row.status)) return row.status;
  if (row.status === 'RUNNING') {
    await tx.update(run).set({ cancelRequested: true }).where(eq(run.id, runId));
    await tx.execute(sql`SELECT pg_notify(${REQUEST_CHANNEL}, ${runId})`);
    return null;
  }
  const taken = await takeRun(tx, runId);
  if (taken) await setStatus(tx, { runId, epoch: taken.epoch, status: 'CANCELLED', error: null });
  // A slider leaves hundreds of them: nobody shall have to look at each again.
  await dequeue(tx, row.kind, runId);
  return null;
}

/**
 * Stops a run for a while: at once if no worker has it, else at the end of the step under way. CONFLICT for a run that is
 * over or paused already.
 */
async function pauseRun(tx: Queryable, { dequeue }: Pick<Jobs, 'dequeue'>, runId: string): Promise<void> {
  const [row] = await tx.select().from(run).where(eq(run.id, runId)).for('update');
  if (row?.status === 'RUNNING') {
    await tx.update(run).set({ pauseRequested: true }).where(eq(run.id, runId));
    await tx.execute(sql`SELECT pg_notify(${REQUEST_CHANNEL}, ${runId})`);
  } else if (row?.status === 'QUEUED') {
    const taken = await takeRun(tx, runId);
    if (taken) await setStatus(tx, { runId, epoch: taken.epoch, status: 'PAUSED', error: null });
    await dequeue(tx, row.kind, runId);
  } else
    throw new StorageError('CONFLICT', `The run is ${row?.status}; only one that is QUEUED or RUNNING can be paused.`);
}

/** Puts a paused run back into its queue; takes back a request to pause that was not met yet. CONFLICT otherwise. */
async function resumeRun(tx: Queryable, { enqueue, dequeue }: Jobs, runId: string): Promise<void> {
  const [row] = await tx.select().from(run).where(eq(run.id, runId)).for('update');
  if (row?.status === 'PAUSED') {
    const taken = await takeRun(tx, runId);
    if (taken) await setStatus(tx, { runId, epoch: taken.epoch, status: 'QUEUED', error: null });
    // The job that it had may still be there.
    await dequeue(tx, row.kind, runId);
    await enqueue(tx, row.kind, runId, {});
  } else if (row?.status === 'RUNNING' && row.pauseRequested) {
    await tx.update(run).set({ pauseRequested: false }).where(eq(run.id, runId));
  } else throw new StorageError('CONFLICT', `The run is ${row?.status}; only one that is PAUSED can be resumed.`);
}

export function runStore(database: Database, jobs: Jobs): Storage['runs'] {
  const byIds = (ids: readonly string[]) =>
    ids.length === 0
      ? Promise.resolve([])
      : database
          .select()
          .from(run)
          .where(inArray(run.id, [...ids]));
  return {
    byIds,
    pause: async (id) => {
      await database.transaction((tx) => pauseRun(tx, jobs, id));
      return (await byIds([id]))[0] as RunRow;
    },
    resume: async (id) => {
      await database.transaction((tx) => resumeRun(tx, jobs, id));
      return (await byIds([id]))[0] as RunRow;
    },
    cancel: async (id) => {
      await database.transaction(async (tx) => {
        const over = await cancelRun(tx, jobs, id);
        if (over) throw new StorageError('CONFLICT', `The run is ${over} already.`);
      });
      return (await byIds([id]))[0] as RunRow;
    },
  };
}

/** A model that work can be started on; NOT_FOUND or CONFLICT otherwise. */
export async function requireReady(tx: Queryable, modelId: string): Promise<void> {
  const [row] = await tx.select({ status: model.status }).from(model).where(eq(model.id, modelId));
  if (!row) throw new StorageError('NOT_FOUND', `There is no model ${modelId}.`);
  if (row.status !== 'READY') throw new StorageError('CONFLICT', `The model is ${row.status}; wait until it is READY.`);
}
