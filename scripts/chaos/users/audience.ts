import { setTimeout } from 'node:timers/promises';
import type { User } from '../client/user.js';

/** Comes late to runs of others, and sees them from their beginning. */
export async function watch(user: User, over: AbortSignal): Promise<void> {
  const { ledger, random } = user;
  while (!over.aborted) {
    await setTimeout(500 + random.below(1500));
    const runs = [...ledger.runs.values()].slice(-20);
    if (runs.length === 0) continue;
    const { id, kind } = random.pick(runs);
    const { ended } = user.follow(id, kind);
    // One that is paused for good is watched beside the others.
    await Promise.race([ended, setTimeout(15_000)]);
  }
}
