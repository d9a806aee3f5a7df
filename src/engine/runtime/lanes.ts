import { Worker } from 'node:worker_threads';
import { packageFile } from '../../package.js';
import { isShared, sharedTensor } from '../graph/shared-memory.js';
import type { FloatTensor, Tensor } from '../graph/tensor.js';
import { type LaneReply, type LaneRequest, memoryOf, owned, type Work } from './messages.js';
import type { ModelSource } from './model-source.js';
import { type Made, type OpenSession, openSession, type SessionOptions, type Tensors } from './open-session.js';
import type { Shapes } from './running-sum.js';

interface Waiting {
  readonly resolve: (made: Made) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that runs sessions beside this one: {@link OpenSession.run} blocks the thread that calls it. */
class Lane {
  private readonly thread = new Worker(packageFile('dist/src/engine/runtime/lane-thread.js'), { execArgv: [] });
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor() {
    this.thread.on('message', ({ id, made, error }: LaneReply) => {
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
    const copies = source.sharesMemory ? new SharedCopies() : null;
    let underWay = 0;
    return {
      run: async (shared, rows) => {
        const own = rows.map(owned);
        // A run that does not wait for the one before has copies by message.
        const common = underWay === 0 ? (copies?.of(shared) ?? shared) : shared;
        underWay += 1;
        try {
          return await this.ask({ kind: 'run', session, shared: common, rows: own }, memoryOf(own));
        } finally {
          underWay -= 1;
        }
      },
      release: async () => {
        await this.ask({ kind: 'release', session });
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

/** Smaller tensors are copied by a message at no cost. */
const LEAST_SHARED = 2 ** 14;

/** Large inputs in memory that is shared with a thread, the same in every run: it has read them when its run has ended. */
class SharedCopies {
  private readonly copies = new Map<string, FloatTensor>();

  of(tensors: Tensors): Tensors {
    return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, this.shared(name, tensor)]));
  }

  private shared(name: string, tensor: Tensor): Tensor {
    if (!isFloat(tensor) || tensor.data.length < LEAST_SHARED || isShared(tensor)) return tensor;
    const copy = this.copies.get(name) ?? sharedTensor(tensor.shape);
    this.copies.set(name, copy);
    copy.data.set(tensor.data);
    return copy;
  }
}

function isFloat(tensor: Tensor): tensor is FloatTensor {
  return tensor.dtype === 'float32';
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
