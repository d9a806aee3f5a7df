import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { globalId } from '../../../src/resolvers/ids.js';
import { isFinal, type SeenEvent } from '../client/operations.js';
import { type Check, type CheckParts, rowIdOf } from './check.js';
import { type LoggedEvent, readLog, readStatuses } from './log.js';

const LOOK_AGAIN_MS = 200;

/**
 * Resolves when nobody has anything more to see, or at the deadline. A user leaves at the end of its own runs; who watches
 * one of them through another server may get its last event a moment later.
 */
export async function untilFollowed(
  { cluster, ledger }: Pick<CheckParts, 'cluster' | 'ledger'>,
  deadline: AbortSignal,
): Promise<void> {
  while (!deadline.aborted) {
    const statuses = await readStatuses(cluster.postgres);
    if (ledger.unfinished((id) => statuses.get(rowIdOf(id))).length === 0) return;
    await setTimeout(LOOK_AGAIN_MS);
  }
}

/** Every subscription got the log, all of it, each event once and in order. */
export const sequencesCheck: Check = async ({ cluster, ledger, violations }) => {
  const log = await readLog(cluster.postgres);
  for (const { runId, client, events, isComplete } of ledger.sequences) {
    const run = log.get(rowIdOf(runId));
    const report = (text: string, at?: string) =>
      violations.report('sequences', `${client}, run ${runId}: ${text}`, at ? Date.parse(at) : null);
    if (!run) {
      report('the log is gone');
      continue;
    }
    const wrong = events.find((seen, index) => seen.seq !== index + 1 || !isSame(seen, run.events[index]));
    if (wrong) report(`${JSON.stringify(wrong)} is not what the log has at ${wrong.seq}`, wrong.at);
    const missing = run.events.length - events.length;
    if (missing !== 0 && (isComplete || isFinal(run.status)))
      report(`${events.length} events were delivered of ${run.events.length}`, run.events[events.length]?.at);
  }
};

const imageIdOf = (id: unknown) => (typeof id === 'string' ? globalId('Image', id) : undefined);

/** What a client saw of an event, and what the log says of it. */
function isSame(seen: SeenEvent, logged: LoggedEvent | undefined): boolean {
  if (!logged) return false;
  const { payload, type, at } = logged;
  const shown = [seen.__typename, seen.at, seen.status, seen.step, seen.stepIndex, seen.loss];
  const written = [type, at, payload['status'], payload['step'], payload['stepIndex'], payload['loss']];
  const images = [seen.image, seen.result, seen.shifted].map((ref) => ref?.id);
  const imageIds = [payload['imageId'], payload['resultId'], payload['shiftedId']].map(imageIdOf);
  return isDeepStrictEqual(shown, written) && isDeepStrictEqual(images, imageIds);
}
