import { sql } from 'drizzle-orm';
import { LimitError } from '../access/limit-error.js';
import type { Queryable } from './connection.js';
import { run } from './tables.js';
import type { Starter } from './types.js';

/** Any constant: whoever starts one of the last runs that fit waits for the one before. */
const ADMISSION_LOCK = 731_009_914;
/** Farther from its limit than this no two who start at once can pass it together: a node starts as many as it has connections. */
const NEAR = 200;

/**
 * Whether `count` more runs fit; in the transaction that starts them, after what it cancels. Throws QUEUE_FULL, or LIMIT_EXCEEDED
 * for a token with too many. Nobody named: everything fits.
 */
export async function admit(tx: Queryable, starter: Starter | undefined, count = 1): Promise<void> {
  if (!starter) return;
  const { tokenId, queuedRuns, runsPerToken } = starter;
  let { queued, own } = await unfinished(tx, tokenId);
  if (queued + count > queuedRuns - NEAR || own + count > runsPerToken - NEAR) {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${ADMISSION_LOCK})`);
    ({ queued, own } = await unfinished(tx, tokenId));
  }
  if (queued + count > queuedRuns)
    throw new LimitError('queuedRuns', queuedRuns, queued + count, 'Try again when some of them have ended.');
  if (tokenId !== null && own + count > runsPerToken)
    throw new LimitError(
      'runsPerToken',
      runsPerToken,
      own + count,
      'Wait until some of them have ended, or cancel some.',
    );
}

async function unfinished(tx: Queryable, tokenId: string | null): Promise<{ queued: number; own: number }> {
  const { rows } = await tx.execute<{ queued: number; own: number }>(sql`
    SELECT count(*) FILTER (WHERE status = 'QUEUED')::int AS queued,
           count(*) FILTER (WHERE token_id = ${tokenId}::uuid)::int AS own
    FROM ${run} WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED')`);
  return rows[0] ?? { queued: 0, own: 0 };
}
