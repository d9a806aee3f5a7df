import type { RunStream } from '../../resolvers/run-stream.js';
import type { EventRow } from '../../storage/types.js';
import { RecentPayloads } from './recent-payloads.js';
import type { Subscriber } from './subscriber.js';

/**
 * All who asked the same about one run: each event is read, executed and serialised once. Whoever has seen everything up
 * to `head` is live and gets the next event with the others; whoever has not reads the log at its own pace and joins the
 * live ones where it meets them. Between the two no event is lost or sent twice, since a subscriber's place is its `seq`
 * and it changes sides in one turn of the event loop.
 */
export class Audience {
  private readonly live = new Set<Subscriber>();
  private readonly payloads: RecentPayloads;
  private readonly closing = new AbortController();
  private head: number;
  private isLive = true;
  private members = 0;

  constructor(
    private readonly stream: RunStream,
    execute: (row: EventRow) => Promise<string>,
    /** Called with each event when all live subscribers have been sent it. */
    private readonly onDelivered: (row: EventRow, subscribers: number) => void,
    private readonly onEmpty: () => void,
  ) {
    this.head = stream.position.lastSeq;
    this.payloads = new RecentPayloads(execute);
    void this.follow();
  }

  join(subscriber: Subscriber): void {
    this.members += 1;
    subscriber.onLeave = () => this.leave(subscriber);
    if (!this.goLive(subscriber)) void this.catchUp(subscriber);
  }

  private leave(subscriber: Subscriber): void {
    this.live.delete(subscriber);
    this.members -= 1;
    if (this.members > 0) return;
    this.closing.abort();
    this.onEmpty();
  }

  private async follow(): Promise<void> {
    try {
      for await (const row of this.stream.all(this.head, this.closing.signal))
        this.deliver(row, await this.payloads.of(row));
      this.isLive = false;
      for (const subscriber of this.live) subscriber.complete();
    } catch (error) {
      this.isLive = false;
      for (const subscriber of this.live) subscriber.fail(error);
    }
  }

  private deliver(row: EventRow, payload: string): void {
    this.head = row.seq;
    for (const subscriber of this.live) {
      if (subscriber.seq >= row.seq) continue;
      if (subscriber.isCongested) this.fallBehind(subscriber);
      else subscriber.send(row.seq, payload);
    }
    this.onDelivered(row, this.live.size);
  }

  private fallBehind(subscriber: Subscriber): void {
    this.live.delete(subscriber);
    void this.catchUp(subscriber);
  }

  private goLive(subscriber: Subscriber): boolean {
    const isThere = this.isLive && subscriber.seq >= this.head && !subscriber.isCongested;
    if (isThere) this.live.add(subscriber);
    return isThere;
  }

  private async catchUp(subscriber: Subscriber): Promise<void> {
    const reading = new AbortController();
    const signal = AbortSignal.any([subscriber.signal, reading.signal]);
    try {
      for await (const row of this.stream.behind(subscriber.seq, signal)) {
        const payload = await this.payloads.of(row);
        if (subscriber.signal.aborted) return;
        await subscriber.sendInTurn(row.seq, payload);
        if (subscriber.signal.aborted || this.goLive(subscriber)) return;
      }
      subscriber.complete();
    } catch (error) {
      subscriber.fail(error);
    } finally {
      reading.abort();
    }
  }
}
