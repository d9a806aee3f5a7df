import { setImmediate } from 'node:timers/promises';

/** Lets a training give way: edits and imports go before it, between any two of its session runs. */
export class Interactive {
  private active = 0;
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
    await setImmediate();
    while (this.active > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  };
}
