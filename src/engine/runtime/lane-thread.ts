import { parentPort } from 'node:worker_threads';
import { memoryOf } from './hand-over.js';
import type { LaneReply, LaneRequest } from './lanes.js';
import { type OpenSession, openSession } from './open-session.js';

/** Entry of the thread of a lane: opens sessions and runs them, one request after the other. */
const sessions = new Map<number, OpenSession>();

async function answer(request: LaneRequest): Promise<LaneReply['results']> {
  if (request.kind === 'open') {
    sessions.set(request.session, await openSession(request.source, request.options));
    return [];
  }
  const session = sessions.get(request.session);
  if (!session) throw new Error(`the lane has no session ${request.session}`);
  if (request.kind === 'run') return session.run(request.shared, request.rows);
  sessions.delete(request.session);
  await session.release();
  return [];
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: LaneRequest) => {
  last = last.then(async () => {
    const reply = ({ results, error }: Omit<LaneReply, 'id'>) =>
      parentPort?.postMessage({ id: request.id, results, error } satisfies LaneReply, memoryOf(results));
    try {
      reply({ results: await answer(request), error: null });
    } catch (error) {
      reply({ results: [], error: (error as Error).message });
    }
  });
});
