import { isConnectionFailure } from './errors.js';

/** What every event of a run has. */
export interface Numbered {
  readonly __typename: string;
  readonly seq: number;
  readonly status?: string;
}

export interface Replay<Event extends Numbered> {
  /** The events after `seq`, on one connection. */
  readonly connect: (seq: number) => AsyncIterable<Event>;
  /** Whether the run has its final status: asked where a stream ends without having said so. */
  readonly isOver: () => Promise<boolean>;
  /** The seq of the last event that is known already. */
  readonly after: number;
  readonly signal: AbortSignal | undefined;
}

const FINAL: ReadonlySet<string | undefined> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/**
 * The log of a run as one stream, over as many connections as it takes: each goes on after the last event that the one
 * before gave, so that none is missing and none comes twice. Ends with the final status. What the server refuses is thrown.
 */
export async function* replay<Event extends Numbered>({
  connect,
  isOver,
  after,
  signal,
}: Replay<Event>): AsyncGenerator<Event, void, void> {
  let last = after;
  for (let failures = 0; ; failures += 1) {
    signal?.throwIfAborted();
    try {
      for await (const event of connect(last)) {
        failures = 0;
        // graphql-ws subscribes again by itself, from where this connection began, when a server closes normally.
        if (event.seq <= last) continue;
        last = event.seq;
        yield event;
        if (event.__typename === 'StatusChanged' && FINAL.has(event.status)) return;
      }
      if (await isOver()) return;
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
    }
    await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), signal);
  }
}

/** Somewhere between half of it and all: clients that lost the same server do not come back at once. */
function pause(longestMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      },
      longestMs * (0.5 + Math.random() / 2),
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}
