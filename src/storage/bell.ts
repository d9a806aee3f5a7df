import pg from 'pg';

export const EVENT_CHANNEL = 'azimuth_event';
/** Rung when somebody wants a running run to stop, for good or for a while. */
export const REQUEST_CHANNEL = 'azimuth_request';
/** Rung when a token was revoked. */
export const ACCESS_CHANNEL = 'azimuth_access';

const RECONNECT_MS = 200;

/** Rung when something may have happened to a run; holds at most one unheard ring. */
export interface Ring {
  /** Resolves at the next ring (at once if one is unheard), when `signal` aborts, or after `timeoutMs`. */
  wait(signal: AbortSignal, timeoutMs: number): Promise<void>;
  close(): void;
}

/**
 * One LISTEN connection for a process. After a lost connection every ring is rung: whoever waits looks into the log again,
 * so nothing announced in between is missed.
 */
export class Bell {
  private readonly rings = new Map<string, Set<() => void>>();
  private client: pg.Client | null = null;
  private closed = false;

  private constructor(
    private readonly url: string,
    private readonly channel: string,
  ) {}

  static async open(url: string, channel: string): Promise<Bell> {
    const bell = new Bell(url, channel);
    await bell.connect();
    return bell;
  }

  subscribe(runId: string): Ring {
    let heard = true;
    let wake: () => void = () => {};
    const ring = () => {
      heard = false;
      wake();
    };
    const rings = this.rings.get(runId) ?? new Set();
    this.rings.set(runId, rings.add(ring));
    const wait = (signal: AbortSignal, timeoutMs: number) =>
      new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          wake = () => {};
          heard = true;
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal.addEventListener('abort', done, { once: true });
        wake = done;
        if (!heard || signal.aborted) done();
      });
    const close = () => {
      rings.delete(ring);
      if (rings.size === 0) this.rings.delete(runId);
    };
    return { wait, close };
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.client?.end().catch(() => {});
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, application_name: 'azimuth-listen', keepAlive: true });
    client.on('notification', ({ payload }) => this.ring((payload ?? '').split(':')[0] ?? ''));
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query(`LISTEN ${this.channel}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    // Not before: a client that could not connect ends too, and would be replaced twice, then four times …
    client.once('end', () => this.reconnect());
    this.client = client;
    for (const runId of this.rings.keys()) this.ring(runId);
  }

  private reconnect(): void {
    if (this.closed) return;
    setTimeout(() => {
      if (!this.closed) this.connect().catch(() => this.reconnect());
    }, RECONNECT_MS).unref();
  }

  private ring(runId: string): void {
    for (const ring of this.rings.get(runId) ?? []) ring();
  }
}
