import type { EventRow } from '../storage/types.js';
import { abortable, mapEvents } from './streams.js';

/** Where a subscriber begins, and where the log ended when it came. */
export interface RunPosition {
  readonly runId: string;
  readonly after: number;
  readonly lastSeq: number;
}

type Rows = (after: number, signal: AbortSignal) => AsyncIterable<EventRow>;

/**
 * A run's events as one subscriber asked for them. Iterated, it is an ordinary source of a subscription; its parts let a
 * transport read and execute each event once for all who asked for the same.
 */
export class RunStream<Event extends object = object> implements AsyncIterable<Event> {
  constructor(
    readonly position: RunPosition,
    /** Every event, for a client that keeps up. */
    readonly all: Rows,
    /** What a slow client gets of them. */
    readonly behind: Rows,
    /** The source value of one event. */
    readonly toEvent: (row: EventRow) => Event,
  ) {}

  [Symbol.asyncIterator](): AsyncIterableIterator<Event, undefined> {
    return abortable((signal) => mapEvents(this.behind(this.position.after, signal), this.toEvent));
  }
}
