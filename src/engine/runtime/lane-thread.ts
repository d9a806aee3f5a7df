import { parentPort } from 'node:worker_threads';
import { memoryOf } from './hand-over.js';
import type { LaneReply, LaneRequest } from './lanes.js';
import { type LentSession, type Made, openSession } from './open-session.js';

/** Entry of the thread of a lane: opens sessions and runs them, one request after the other. */
const sessions = new Map<number, LentSession>();

const NOTHING: Made = { rows: [], sums: {} };

async function answer(request: LaneRequest): Promise<Made> {
  if (request.kind === 'open') {
    sessions.set(request.session, await openSession(request.source, request.options, request.summed));
    return NOTHING;
  }
  const session = sessions.get(request.session);
  if (!session) throw new Error(`the lane has no session ${request.session}`);
  if (request.kind === 'run') return session.run(request.shared, request.rows, request.memory);
  sessions.delete(request.session);
  await session.release();
  return NOTHING;
}

/** What a run was lent, to go back. */
function lentOf(request: LaneRequest): Float32Array[] {
  return request.kind === 'run' ? request.lent.map((name) => request.shared[name]?.data as Float32Array) : [];
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: LaneRequest) => {
  last = last.then(async () => {
    const lent = lentOf(request);
    const reply = ({ made, error }: Pick<LaneReply, 'made' | 'error'>) => {
      const handedOver = [...memoryOf([...made.rows, made.sums]), ...lent.map(({ buffer }) => buffer as ArrayBuffer)];
      parentPort?.postMessage({ id: request.id, made, lent, error } satisfies LaneReply, handedOver);
      sessions.get(request.session)?.leaveSums();
    };
    try {
      reply({ made: await answer(request), error: null });
    } catch (error) {
      reply({ made: NOTHING, error: (error as Error).message });
    }
  });
});
