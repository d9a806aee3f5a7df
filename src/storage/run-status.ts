import { and, eq, inArray, not, notInArray, or, type SQL, sql } from 'drizzle-orm';
import { EVENT_CHANNEL } from './bell.js';
import type { Database, Queryable } from './connection.js';
import { StaleEpochError } from './errors.js';
import { event, model, run } from './tables.js';
import { FINAL_STATUSES, type RunErrorRow, type RunStatus } from './types.js';
import { isFreeFor } from './workers.js';

/** Columns that follow a status. */
function changesTo(status: RunStatus) {
  return {
    status,
    lastSeq: sql`${run.lastSeq} + 1`,
    ...(status === 'RUNNING' ? { startedAt: sql`coalesce(${run.startedAt}, now())` } : { workerId: null }),
    ...(status === 'PAUSED' ? { pauseRequested: false } : {}),
    ...(FINAL_STATUSES.includes(status) ? { finishedAt: sql`now()` } : {}),
  };
}

/** What `returning` must give for {@link announced}. */
export const MOVED = { id: run.id, last_seq: run.lastSeq, epoch: run.epoch };

/** The rest of a statement whose CTE `moved` has given runs a status: their logs say so, and bells ring. */
export function announced(status: RunStatus, error: RunErrorRow | null): SQL {
  const payload = JSON.stringify({ status, error });
  return sql`, appended AS (
      INSERT INTO ${event} (run_id, seq, type, payload)
      SELECT id, last_seq, 'StatusChanged', ${payload}::jsonb FROM moved RETURNING run_id, seq
    )
    SELECT epoch, pg_notify(${EVENT_CHANNEL}, run_id || ':' || seq) FROM appended, moved WHERE id = run_id`;
}

/**
 * Moves a run to `status` under its epoch, and says so in its log, in one statement. StaleEpochError where somebody else holds the
 * run, or where it is over: a final status whose answer was lost is asked for again, and is there once.
 */
export async function setStatus(
  tx: Queryable,
  { runId, epoch, status, error }: { runId: string; epoch: number; status: RunStatus; error: RunErrorRow | null },
): Promise<void> {
  const moved = tx
    .update(run)
    .set({ ...changesTo(status), error })
    .where(and(eq(run.id, runId), eq(run.epoch, epoch), notInArray(run.status, [...FINAL_STATUSES])))
    .returning(MOVED);
  // An import that is cancelled leaves no model that waits for it.
  const cancelled = { code: 'CANCELLED', message: 'The import was cancelled.' };
  const isWaiting = and(sql`${model.id} IN (SELECT id FROM moved)`, eq(model.status, 'IMPORTING'));
  const failed = tx.update(model).set({ status: 'FAILED', error: cancelled }).where(isWaiting);
  const left = status === 'CANCELLED' ? sql`, failed AS ${failed}` : sql``;
  const { rows } = await tx.execute(sql`WITH moved AS ${moved}${left}${announced(status, error)}`);
  if (rows.length === 0) throw new StaleEpochError(runId, epoch);
}

/** Takes the run from whoever holds it, whatever it does. Null if it does not exist, or is over. */
export function takeRun(tx: Queryable, runId: string): Promise<typeof run.$inferSelect | null> {
  return takenWhere(tx, runId, {}, inArray(run.status, ['QUEUED', 'RUNNING', 'PAUSED']));
}

/**
 * Takes a run for a worker, RUNNING, in one statement where nothing else was asked for. Null where there is nothing to run: it is over, or was to be cancelled or
 * paused and is so now, or is paused (its job may have left the queue just before), or another worker has it that is alive.
 */
export async function takeToRun(
  database: Database,
  runId: string,
  workerId: string,
): Promise<{ readonly runId: string; readonly epoch: number } | null> {
  const isFree = and(inArray(run.status, ['QUEUED', 'RUNNING']), isFreeFor(workerId));
  const isAsked = or(run.cancelRequested, run.pauseRequested) as SQL;
  const moved = database
    .update(run)
    .set({ ...changesTo('RUNNING'), error: null, epoch: sql`${run.epoch} + 1`, workerId })
    .where(and(eq(run.id, runId), isFree, not(isAsked)))
    .returning(MOVED);
  const { rows } = await database.execute<{ epoch: number }>(sql`WITH moved AS ${moved}${announced('RUNNING', null)}`);
  const [held] = rows;
  if (held) return { runId, epoch: held.epoch };
  return database.transaction(async (tx) => {
    const taken = await takenWhere(tx, runId, { workerId }, and(isFree, isAsked));
    const status = taken?.cancelRequested ? 'CANCELLED' : 'PAUSED';
    if (taken) await setStatus(tx, { runId, epoch: taken.epoch, status, error: null });
    return null;
  });
}

async function takenWhere(
  tx: Queryable,
  runId: string,
  own: { readonly workerId?: string },
  condition: SQL | undefined,
): Promise<typeof run.$inferSelect | null> {
  const [taken] = await tx
    .update(run)
    .set({ ...own, epoch: sql`${run.epoch} + 1` })
    .where(and(eq(run.id, runId), condition))
    .returning();
  return taken ?? null;
}
