import { setImmediate } from 'node:timers/promises';

/** Counts what goes on, and lets others wait until nothing does. */
class Gate {
  private active = 0;
  private waiting: (() => void)[] = [];

  get isBusy(): boolean {
    return this.active > 0;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.active += 1;
    try {
      return await work();
    } finally {
      this.active -= 1;
      if (this.active === 0) for (const wake of this.waiting.splice(0)) wake();
    }
  }

  idle(): Promise<void> {
    return this.isBusy ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }
}

/** What goes before what, between any two session runs: edits and imports before sweeps, both before trainings. */
export class Interactive {
  private readonly edits = new Gate();
  private readonly sweeps = new Gate();

  /** Runs `work` while sweeps and trainings wait. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.edits.during(work);
  }

  /** Runs `work` while trainings wait. */
  duringSweep<T>(work: () => Promise<T>): Promise<T> {
    return this.sweeps.during(work);
  }

  /** For sweeps. Always lets the event loop turn, since a session run blocks it; so does `yieldTo`. */
  readonly yieldToEdits = async (): Promise<void> => {
    await setImmediate();
    while (this.edits.isBusy) await this.edits.idle();
  };

  /** For trainings. */
  readonly yieldTo = async (): Promise<void> => {
    await this.yieldToEdits();
    while (this.edits.isBusy || this.sweeps.isBusy) {
      await this.edits.idle();
      await this.sweeps.idle();
    }
  };
}
