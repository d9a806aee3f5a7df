import { parentPort } from 'node:worker_threads';
import { type LaneReply, type LaneRequest, memoryOf } from './messages.js';
import { type Made, type OpenSession, openSession } from './open-session.js';

/** Entry of the thread of a lane: opens sessions and runs them, one request after the other. */
const sessions = new Map<number, OpenSession>();

const NOTHING: Made = { rows: [], sums: {} };

async function answer(request: LaneRequest): Promise<Made> {
  if (request.kind === 'open') {
    sessions.set(request.session, await openSession(request.source, request.options, request.summed));
    return NOTHING;
  }
  const session = sessions.get(request.session);
  if (!session) throw new Error(`the lane has no session ${request.session}`);
  if (request.kind === 'run') return session.run(request.shared, request.rows);
  sessions.delete(request.session);
  await session.release();
  return NOTHING;
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: LaneRequest) => {
  last = last.then(async () => {
    const reply = ({ made, error }: Pick<LaneReply, 'made' | 'error'>) =>
      parentPort?.postMessage({ id: request.id, made, error } satisfies LaneReply, memoryOf(made.rows));
    try {
      reply({ made: await answer(request), error: null });
    } catch (error) {
      reply({ made: NOTHING, error: (error as Error).message });
    }
  });
});
