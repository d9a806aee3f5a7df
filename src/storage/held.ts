import { eq } from 'drizzle-orm';
import type { Queryable } from './connection.js';
import { StaleEpochError } from './errors.js';
import { run } from './tables.js';

/** A run in somebody's hands: every write names the epoch it was taken under, and is refused once that is over. */
export interface Held {
  readonly runId: string;
  readonly epoch: number;
}

/** Keeps the run in these hands until the transaction ends. Throws StaleEpochError if it is in others' by now. */
export async function requireHeld(tx: Queryable, { runId, epoch }: Held): Promise<void> {
  const [row] = await tx.select({ epoch: run.epoch }).from(run).where(eq(run.id, runId)).for('update');
  if (row?.epoch !== epoch) throw new StaleEpochError(runId, epoch);
}
