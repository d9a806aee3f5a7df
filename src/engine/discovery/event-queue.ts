/** Turns a function that emits into a stream that is pulled: an event is handed over before the next one is made. */
export class EventQueue<Event> {
  private readonly waiting: { event: Event; taken: () => void }[] = [];
  private wake: () => void = () => {};
  private state: 'running' | 'done' | 'failed' = 'running';
  private failure: unknown = null;
  private work: Promise<void> = Promise.resolve();

  /** Starts the producer; its `emit` resolves once the consumer has asked for the event after. */
  fill(produce: (emit: (event: Event) => Promise<void>) => Promise<void>): void {
    const emit = (event: Event) =>
      new Promise<void>((taken) => {
        this.waiting.push({ event, taken });
        this.wake();
      });
    this.work = produce(emit).then(
      () => this.end('done'),
      (error: unknown) => {
        this.failure = error;
        this.end('failed');
      },
    );
  }

  async *drain(): AsyncGenerator<Event, void, void> {
    for (;;) {
      const next = this.waiting.shift();
      if (next) {
        try {
          yield next.event;
        } finally {
          next.taken();
        }
      } else if (this.state === 'failed') throw this.failure;
      else if (this.state === 'done') return;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }

  /** Resolves once the producer has ended; a consumer that left early lets it run on to its next check. */
  async settled(): Promise<void> {
    const release = () => {
      for (const { taken } of this.waiting.splice(0)) taken();
    };
    this.wake = release;
    release();
    await this.work;
  }

  private end(state: 'done' | 'failed'): void {
    this.state = state;
    this.wake();
  }
}
