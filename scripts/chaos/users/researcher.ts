import type { Followed } from '../client/follower.js';
import { isFinal } from '../client/operations.js';
import type { User } from '../client/user.js';
import type { Fate, KnownRun } from '../ledger.js';
import type { Training } from '../world.js';

/** One run paused in so many; others are cancelled, most go on to their end. */
const FATES: readonly Fate[] = ['finish', 'finish', 'finish', 'pause', 'pause', 'cancel'];
/** Of those that were paused, how many are left so. */
const LEFT_PAUSED = 0.15;

/** Starts discoveries, watches them, and pauses, resumes or cancels some. */
export async function research(user: User, trainings: readonly Training[], over: AbortSignal) {
  while (!over.aborted) await discover(user, user.random.pick(trainings));
}

async function discover(user: User, { name, input }: Training): Promise<void> {
  const { ledger, random } = user;
  const idempotencyKey = user.newKey();
  const started = await user.mutate<{ id: string }>('startDiscovery', { input: { ...input, idempotencyKey } });
  if (!started) return;
  ledger.acknowledge('startDiscovery', started.id, input, idempotencyKey);
  const run = ledger.addRun(started.id, 'discovery', name);
  const followed = user.follow(run.id, 'discovery');
  const fate = random.pick(FATES);
  const moment = 1 + random.below(input.trainingSteps);
  if (fate !== 'finish') await followed.until((events) => events.length >= moment);
  if (fate === 'cancel') await cancel(user, run);
  if (fate === 'pause' && (await pause(user, run, followed))) return;
  await followed.ended;
}

async function cancel(user: User, run: KnownRun): Promise<void> {
  const done = await user.mutate('cancelDiscovery', { id: run.id }, 'CONFLICT');
  // Refused, it was over already, perhaps by an attempt whose answer was lost.
  run.fate = 'cancel';
  run.cancelledAtMs = Date.now();
  if (done) user.ledger.acknowledge('cancelDiscovery', run.id, {}, null);
}

/** Gives whether the run was left paused. */
async function pause(user: User, run: KnownRun, followed: Followed): Promise<boolean> {
  const done = await user.mutate('pauseDiscovery', { id: run.id }, 'CONFLICT');
  if (done) user.ledger.acknowledge('pauseDiscovery', run.id, {}, null);
  const isLeft = user.random.next() < LEFT_PAUSED;
  for (;;) {
    // An attempt whose answer was lost may pause it once more.
    const seen = followed.sequence.events.length;
    await followed.until((events) =>
      events.slice(seen - 1).some(({ status }) => status === 'PAUSED' || isFinal(status)),
    );
    const status = followed.sequence.events.findLast((event) => event.status !== undefined)?.status;
    if (status !== 'PAUSED') return false;
    if (isLeft) {
      run.fate = 'pause';
      return true;
    }
    const resumed = await user.mutate('resumeDiscovery', { id: run.id }, 'CONFLICT');
    if (resumed) user.ledger.acknowledge('resumeDiscovery', run.id, {}, null);
    await followed.until((events) => events.findLast((event) => event.status !== undefined)?.status !== 'PAUSED');
  }
}
