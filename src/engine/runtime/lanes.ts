import { Worker } from 'node:worker_threads';
import { packageFile } from '../../package.js';
import { LentMemory, memoryOf, owned } from './hand-over.js';
import type { ModelSource } from './model-source.js';
import {
  type FloatTensors,
  type Made,
  type OpenSession,
  openSession,
  type SessionOptions,
  type Tensors,
} from './open-session.js';
import type { Shapes } from './running-sum.js';

interface OpenRequest {
  readonly kind: 'open';
  readonly source: ModelSource;
  readonly options: SessionOptions;
  readonly summed: Shapes;
}

interface RunRequest {
  readonly kind: 'run';
  readonly shared: Tensors;
  readonly rows: readonly Tensors[];
  /** Memory for the sums, where they were before; none the first time. */
  readonly memory: FloatTensors;
  /** Names of those `shared` whose memory goes back. */
  readonly lent: readonly string[];
}

interface ReleaseRequest {
  readonly kind: 'release';
}

type Work = (OpenRequest | RunRequest | ReleaseRequest) & { readonly session: number };

/** What a lane is asked; `id` comes back in the reply. */
export type LaneRequest = Work & { readonly id: number };

export interface LaneReply {
  readonly id: number;
  /** Of a run. */
  readonly made: Made;
  /** What the run was lent. */
  readonly lent: readonly Float32Array[];
  readonly error: string | null;
}

interface Waiting {
  readonly resolve: (made: Made) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that runs sessions beside this one: {@link OpenSession.run} blocks the thread that calls it. */
class Lane {
  private readonly thread = new Worker(packageFile('dist/src/engine/runtime/lane-thread.js'), { execArgv: [] });
  private readonly waiting = new Map<number, Waiting>();
  private readonly lent = new LentMemory();
  private count = 0;

  constructor() {
    this.thread.on('message', ({ id, made, lent, error }: LaneReply) => {
      this.lent.takeBack(lent);
      const asked = this.waiting.get(id);
      this.forget(id);
      if (error === null) asked?.resolve(made);
      else asked?.reject(new Error(error));
    });
    this.thread.on('error', (error) => this.fail(error));
    this.thread.on('exit', () => this.fail(new Error('the thread of a lane ended')));
    this.thread.unref();
  }

  async open(source: ModelSource, options: SessionOptions, summed: Shapes): Promise<OpenSession> {
    this.count += 1;
    const session = this.count;
    await this.ask({ kind: 'open', session, source, options, summed });
    let sums: FloatTensors = {};
    return {
      run: async (shared, rows) => {
        const own = rows.map(owned);
        const large = this.lent.lend(shared);
        const memory = sums;
        sums = {};
        const work = { shared: { ...shared, ...large }, rows: own, memory, lent: Object.keys(large) };
        const made = await this.ask({ kind: 'run', session, ...work }, memoryOf([...own, large, memory]));
        sums = made.sums;
        return made;
      },
      release: async () => {
        await this.ask({ kind: 'release', session });
        this.lent.forget();
      },
    };
  }

  private ask(work: Work, handedOver: ArrayBuffer[] = []): Promise<Made> {
    this.count += 1;
    const id = this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      // An idle lane does not keep the process alive.
      this.thread.ref();
      this.thread.postMessage({ id, ...work } satisfies LaneRequest, handedOver);
    });
  }

  private forget(id: number): void {
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.thread.unref();
  }

  private fail(error: Error): void {
    for (const [id, { reject }] of this.waiting) {
      this.forget(id);
      reject(error);
    }
    lanes.delete(this);
  }
}

const lanes = new Set<Lane>();

/**
 * Opens the same session once in this thread, and `count − 1` times in others, which live as long as the process; the outputs
 * `summed` are added up over the rows of a run.
 */
export async function openInLanes(
  source: ModelSource,
  options: SessionOptions,
  count: number,
  summed: Shapes = {},
): Promise<readonly OpenSession[]> {
  while (lanes.size < count - 1) lanes.add(new Lane());
  const others = [...lanes].slice(0, count - 1).map((lane) => lane.open(source, options, summed));
  const opened = await Promise.allSettled([...others, openSession(source, options, summed)]);
  const failed = opened.find((result) => result.status === 'rejected');
  const sessions = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (!failed) return sessions;
  for (const session of sessions) await session.release();
  throw failed.reason;
}
