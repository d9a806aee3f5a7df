import { setImmediate, setTimeout } from 'node:timers/promises';

/** A session run longer than this keeps whatever waits for the event loop waiting for long. */
const LONG_MS = 250;
/** Of a long run, given to what waits: a job in the database takes several turns of the event loop to be fetched. */
const SHARE = 0.05;
const SHARE_MAX_MS = 200;

/** Lets trainings, galleries and checks give way: edits, imports and questions go before them, between any two session runs. */
export class Interactive {
  private active = 0;
  /** When something in the background last went on. */
  private yielded = performance.now();
  private waiting: (() => void)[] = [];

  /** Runs `work` while trainings wait. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.active += 1;
    try {
      return await work();
    } finally {
      this.active -= 1;
      if (this.active === 0) for (const wake of this.waiting.splice(0)) wake();
    }
  }

  /** Resolves when nothing interactive runs; always lets the event loop turn, since a session run blocks it. */
  readonly yieldTo = async (): Promise<void> => {
    const blockedMs = performance.now() - this.yielded;
    if (blockedMs > LONG_MS) await setTimeout(Math.min(blockedMs * SHARE, SHARE_MAX_MS));
    else await setImmediate();
    while (this.active > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.yielded = performance.now();
  };
}
