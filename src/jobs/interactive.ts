import { setImmediate, setTimeout } from 'node:timers/promises';

/** A session run longer than this keeps whatever waits for the event loop waiting for long. */
const LONG_MS = 250;
/** Of a long run, given to what waits: a job in the database takes several turns of the event loop to be fetched. */
const SHARE = 0.05;
const SHARE_MAX_MS = 200;

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

/** Lets the event loop turn, which a session run blocks, and for longer after a long one. */
class Turns {
  /** When what takes turns last went on. */
  private yielded = performance.now();

  /** What takes turns begins: the time before it blocked nobody. */
  begin(): void {
    this.yielded = performance.now();
  }

  async turn(whileBusy: () => Promise<void>): Promise<void> {
    const blockedMs = performance.now() - this.yielded;
    if (blockedMs > LONG_MS) await setTimeout(Math.min(blockedMs * SHARE, SHARE_MAX_MS));
    else await setImmediate();
    await whileBusy();
    this.yielded = performance.now();
  }
}

/**
 * What goes before what, between any two session runs: edits, imports and questions before sweeps, all of them before
 * trainings, galleries and checks.
 */
export class Interactive {
  private readonly edits = new Gate();
  private readonly sweeps = new Gate();
  private readonly turns = { sweep: new Turns(), background: new Turns() };

  /** Runs `work` while sweeps and trainings wait. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.edits.during(work);
  }

  /** Runs `work` while trainings wait. */
  duringSweep<T>(work: () => Promise<T>): Promise<T> {
    this.turns.sweep.begin();
    return this.sweeps.during(work);
  }

  /** For sweeps. */
  readonly yieldToEdits = (): Promise<void> =>
    this.turns.sweep.turn(async () => {
      while (this.edits.isBusy) await this.edits.idle();
    });

  /** For trainings, galleries and checks. */
  readonly yieldTo = (): Promise<void> =>
    this.turns.background.turn(async () => {
      while (this.edits.isBusy || this.sweeps.isBusy) {
        await this.edits.idle();
        await this.sweeps.idle();
      }
    });
}
