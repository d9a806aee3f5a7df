import { and, eq, inArray, notInArray, sql } from 'drizzle-orm';
import { REQUEST_CHANNEL } from './bell.js';
import type { Database, Queryable } from './connection.js';
import { StaleEpochError, StorageError } from './errors.js';
import { appendEvent } from './events.js';
import { model, run } from './tables.js';
import {
  FINAL_STATUSES,
  type Idempotency,
  type RunErrorRow,
  type RunKind,
  type RunRow,
  type RunStatus,
  type Starter,
  type Storage,
} from './types.js';
import { isFreeFor } from './workers.js';

/** Puts a run's job into the queue, in the transaction that writes its row. */
export type Enqueue = (
  tx: Queryable,
  queue: 'discovery' | 'edit' | 'import' | 'gallery' | 'sweep',
  id: string,
  data: Record<string, unknown>,
) => Promise<void>;

/** Takes a job out of the queue that no worker has, in the transaction that cancels its run. */
export type Dequeue = (tx: Queryable, queue: RunKind, id: string) => Promise<void>;

export interface Jobs {
  readonly enqueue: Enqueue;
  readonly dequeue: Dequeue;
}

/** Inserts a run as QUEUED with its first event. */
export async function insertRun(
  tx: Queryable,
  id: string,
  kind: RunKind,
  idempotency: Idempotency | null,
  starter?: Starter,
): Promise<void> {
  await tx.insert(run).values({
    id,
    kind,
    status: 'QUEUED',
    idempotencyKey: idempotency?.key ?? null,
    fingerprint: idempotency?.fingerprint ?? null,
    tokenId: starter?.tokenId ?? null,
  });
  await appendEvent(tx, { runId: id, epoch: 0, type: 'StatusChanged', payload: { status: 'QUEUED', error: null } });
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

/**
 * Moves a run to `status` under its epoch, and says so in its log. StaleEpochError where somebody else holds the run, or
 * where it is over: a final status whose answer was lost is asked for again, and is there once.
 */
export async function setStatus(
  tx: Queryable,
  { runId, epoch, status, error }: { runId: string; epoch: number; status: RunStatus; error: RunErrorRow | null },
): Promise<void> {
  const final = FINAL_STATUSES.includes(status);
  const moved = await tx
    .update(run)
    .set({
      status,
      error,
      ...(status === 'RUNNING' ? { startedAt: sql`coalesce(${run.startedAt}, now())` } : { workerId: null }),
      ...(status === 'PAUSED' ? { pauseRequested: false } : {}),
      ...(final ? { finishedAt: sql`now()` } : {}),
    })
    .where(and(eq(run.id, runId), eq(run.epoch, epoch), notInArray(run.status, [...FINAL_STATUSES])))
    .returning({ id: run.id });
  if (moved.length === 0) throw new StaleEpochError(runId, epoch);
  // An import that is cancelled leaves no model that waits for it.
  if (status === 'CANCELLED') {
    const cancelled = { code: 'CANCELLED', message: 'The import was cancelled.' };
    const importing = and(eq(model.id, runId), eq(model.status, 'IMPORTING'));
    await tx.update(model).set({ status: 'FAILED', error: cancelled }).where(importing);
  }
  await appendEvent(tx, { runId, epoch, type: 'StatusChanged', payload: { status, error } });
}

/**
 * Takes the run from whoever holds it; for a worker, only where no other one has it that is alive, and it is not paused: its job
 * may have left the queue just before. Null if it does not exist, or is over.
 */
export async function takeRun(
  tx: Queryable,
  runId: string,
  workerId: string | null = null,
): Promise<typeof run.$inferSelect | null> {
  const [taken] = await tx
    .update(run)
    .set({ epoch: sql`${run.epoch} + 1`, ...(workerId === null ? {} : { workerId }) })
    .where(
      and(
        eq(run.id, runId),
        inArray(run.status, workerId === null ? ['QUEUED', 'RUNNING', 'PAUSED'] : ['QUEUED', 'RUNNING']),
        workerId === null ? undefined : isFreeFor(workerId),
      ),
    )
    .returning();
  return taken ?? null;
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
async function resumeRun(tx: Queryable, enqueue: Enqueue, runId: string): Promise<void> {
  const [row] = await tx.select().from(run).where(eq(run.id, runId)).for('update');
  if (row?.status === 'PAUSED') {
    const taken = await takeRun(tx, runId);
    if (taken) await setStatus(tx, { runId, epoch: taken.epoch, status: 'QUEUED', error: null });
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
      await database.transaction((tx) => resumeRun(tx, jobs.enqueue, id));
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
