import type { WebSocket } from 'ws';

/** Bytes that may wait in one socket before its subscriptions are served from the log, at the client's own pace. */
const CONGESTED_BYTES = 256 * 1024;
/** "Try again later": graphql-ws clients reconnect. A reason holds 123 bytes. */
const TOO_SLOW = {
  code: 1013,
  reason: 'Events were not read in time. Subscribe again with after: the last seq.',
} as const;

/**
 * One client of a run's events. graphql-ws iterates it like any subscription, and only hears of its end: messages go
 * straight to the socket.
 */
export class Subscriber implements AsyncIterableIterator<never, undefined> {
  private readonly start: string;
  private readonly leaving = new AbortController();
  private readonly ended: Promise<IteratorReturnResult<undefined>>;
  private resolveEnd = (): void => {};
  private rejectEnd = (_: unknown): void => {};
  /** Called once, when it ends for whatever reason. */
  onLeave = (): void => {};

  constructor(
    private readonly socket: WebSocket,
    operationId: string,
    /** The last event that it was sent. */
    public seq: number,
    /** How long one message may wait for a client that does not read. */
    private readonly patienceMs: number,
  ) {
    this.start = `{"id":${JSON.stringify(operationId)},"type":"next","payload":`;
    this.ended = new Promise((resolve, reject) => {
      this.resolveEnd = () => resolve({ done: true, value: undefined });
      this.rejectEnd = reject;
    });
    // Whoever iterates hears of it; before that, nobody needs to.
    this.ended.catch(() => {});
  }

  /** Aborted at its end. */
  get signal(): AbortSignal {
    return this.leaving.signal;
  }

  get isCongested(): boolean {
    return this.socket.bufferedAmount > CONGESTED_BYTES;
  }

  send(seq: number, payload: string): void {
    this.seq = seq;
    this.socket.send(`${this.start}${payload}}`);
  }

  /** Resolves when the socket has taken it and everything before, or is closed. */
  sendInTurn(seq: number, payload: string): Promise<void> {
    this.seq = seq;
    return new Promise((resolve) => {
      const tooSlow = setTimeout(() => this.sendAway(), this.patienceMs);
      this.socket.send(`${this.start}${payload}}`, () => {
        clearTimeout(tooSlow);
        resolve();
      });
    });
  }

  complete(): void {
    this.leave();
    this.resolveEnd();
  }

  fail(error: unknown): void {
    this.leave();
    this.rejectEnd(error);
  }

  next(): Promise<IteratorReturnResult<undefined>> {
    return this.ended;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.complete();
    return this.ended;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private sendAway(): void {
    this.socket.close(TOO_SLOW.code, TOO_SLOW.reason);
    this.complete();
  }

  private leave(): void {
    if (this.signal.aborted) return;
    this.leaving.abort();
    this.onLeave();
  }
}
