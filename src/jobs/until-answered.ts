import { setTimeout } from 'node:timers/promises';
import { isPassing } from '../storage/index.js';

/** Between two attempts to reach a database that is away. */
const DATABASE_AWAY_MS = 500;

/**
 * Repeats what the database could not do just now until it can, or `signal` aborts; then throws. `ask` may have been done
 * without its answer having arrived: it must be right to do it twice.
 */
export async function untilAnswered<Result>(ask: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || signal.aborted) throw error;
      await setTimeout(DATABASE_AWAY_MS);
    }
  }
}
