import type { Bell, Ring } from './bell.js';
import type { Database } from './connection.js';
import { eventsExpired } from './errors.js';
import { EventLog, isFinal, PAGE, untilReachable } from './event-log.js';
import type { EventRow } from './types.js';

/** The newest events, kept for followers that are a little behind; whoever is further behind reads the log. */
const WINDOW = 256;
/** A notification can be lost only with its connection; this bounds what that costs. */
const LOOK_AGAIN_MS = 5000;

/**
 * The end of one run's log. It is read once for all who follow it in this process, each at its own position; a follower
 * that is slow holds nobody up and is remembered nowhere.
 */
class EventFeed {
  /** Consecutive; the last one is `head`. */
  private readonly newest: EventRow[] = [];
  private head = 0;
  /** Nothing comes after `head`. */
  private isOver = false;
  private failure: { readonly error: unknown } | null = null;
  private readonly waiting = new Set<() => void>();
  private readonly pages = new Map<number, Promise<EventRow[]>>();
  private readonly closing = new AbortController();
  private readonly ready: Promise<void>;
  followers = 0;

  constructor(
    private readonly log: EventLog,
    bell: Bell,
    private readonly runId: string,
  ) {
    // Before the first look, so that nothing falls between the two.
    const ring = bell.subscribe(runId);
    this.ready = this.findEnd().catch((error: unknown) => this.fail(error));
    this.ready
      .then(() => this.follow(ring))
      .catch((error: unknown) => this.fail(error))
      .finally(() => ring.close());
  }

  close(): void {
    this.closing.abort();
  }

  /** Whether a new follower had better open another one. */
  get hasFailed(): boolean {
    return this.failure !== null;
  }

  /** At least one event after `seq`, or null once there will be none; empty when aborted. */
  async after(seq: number, signal: AbortSignal): Promise<readonly EventRow[] | null> {
    await this.ready;
    while (!signal.aborted) {
      if (this.failure) throw this.failure.error;
      if (seq < this.head) {
        const rows = this.recent(seq) ?? (await this.page(seq));
        const first = rows[0];
        // They went while somebody read them slowly.
        if (first && first.seq > seq + 1) throw eventsExpired(seq, first.seq);
        // A run that was deleted meanwhile has no log.
        if (rows.length > 0 || this.isOver) return rows.length > 0 ? rows : null;
      }
      if (this.isOver) return null;
      await this.change(signal);
    }
    return [];
  }

  private recent(seq: number): readonly EventRow[] | null {
    const first = this.newest[0];
    return first && first.seq <= seq + 1 ? this.newest.slice(seq + 1 - first.seq) : null;
  }

  /** Many who begin at the same place, as after a reconnect, share what is read. */
  private page(seq: number): Promise<EventRow[]> {
    const underWay = this.pages.get(seq);
    if (underWay) return underWay;
    const read = untilReachable(() => this.log.after(this.runId, seq), this.closing.signal);
    const page = read.finally(() => this.pages.delete(seq));
    this.pages.set(seq, page);
    return page;
  }

  private async findEnd(): Promise<void> {
    const end = await untilReachable(() => this.log.end(this.runId), this.closing.signal);
    this.head = end.lastSeq;
    this.isOver = end.isOver;
  }

  private async follow(ring: Ring): Promise<void> {
    const { signal } = this.closing;
    while (!this.isOver && !this.failure && !signal.aborted) {
      await ring.wait(signal, LOOK_AGAIN_MS);
      if (!signal.aborted) await this.catchUp(signal);
    }
  }

  private fail(error: unknown): void {
    this.failure = { error };
    this.wake();
  }

  private async catchUp(signal: AbortSignal): Promise<void> {
    for (;;) {
      const rows = await untilReachable(() => this.log.after(this.runId, this.head), signal);
      if (rows.length > 0) this.add(rows);
      else await this.lookForEnd(signal);
      if (rows.length < PAGE) return;
    }
  }

  private add(rows: readonly EventRow[]): void {
    this.newest.push(...rows);
    this.newest.splice(0, this.newest.length - WINDOW);
    this.head = rows.at(-1)?.seq ?? this.head;
    this.isOver = rows.some(isFinal);
    this.wake();
  }

  /** A run that was deleted, or whose final event was not announced. */
  private async lookForEnd(signal: AbortSignal): Promise<void> {
    const end = await untilReachable(() => this.log.end(this.runId), signal);
    this.isOver = end.isOver && end.lastSeq <= this.head;
    if (this.isOver) this.wake();
  }

  private wake(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** What a process follows, each run once. */
class EventFeeds {
  private readonly feeds = new Map<string, EventFeed>();
  private readonly log: EventLog;

  constructor(
    database: Database,
    private readonly bell: Bell,
  ) {
    this.log = new EventLog(database);
  }

  open(runId: string): { readonly feed: EventFeed; leave(): void } {
    const known = this.feeds.get(runId);
    const feed = known && !known.hasFailed ? known : new EventFeed(this.log, this.bell, runId);
    this.feeds.set(runId, feed);
    feed.followers += 1;
    const leave = () => {
      feed.followers -= 1;
      if (feed.followers > 0) return;
      feed.close();
      if (this.feeds.get(runId) === feed) this.feeds.delete(runId);
    };
    return { feed, leave };
  }
}

/** Whoever has the same bell shares feeds. */
const FEEDS = new WeakMap<Bell, EventFeeds>();

/** Replays seq > after, then follows; ends after the final status or when aborted. A slow reader is served from the log. */
export async function* followEvents(
  database: Database,
  bell: Bell,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<EventRow, void, void> {
  const feeds = FEEDS.get(bell) ?? new EventFeeds(database, bell);
  FEEDS.set(bell, feeds);
  const { feed, leave } = feeds.open(runId);
  try {
    let seq = after;
    while (!signal.aborted) {
      const rows = await feed.after(seq, signal);
      if (rows === null) return;
      for (const row of rows) {
        if (signal.aborted) return;
        yield row;
        seq = row.seq;
        if (isFinal(row)) return;
      }
    }
  } finally {
    leave();
  }
}
