import { ApiError, apiError } from './errors';
import type { TypedDocumentString } from './operations';
import { tokenVersion } from './session';
import { client, isRefusal, pause } from './socket';
import type { ErrorDetails } from './wire';

/** What every event of a run has, and what its end looks like. */
export interface RunEvent {
  readonly __typename?: string;
  readonly seq: number;
}

export interface Follower<Event> {
  /** Events in order of seq, each once; all that came since the last call together, at most one call a frame. */
  onEvents(events: readonly Event[]): void;
  /** The API refuses: there is no such run, for instance. Nothing comes after it. */
  onError?(error: ApiError): void;
}

const FINAL: ReadonlySet<unknown> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const AGAIN_MS = 500;

/**
 * Follows a run to its final status through lost connections and restarts: each time the server is there again, it goes
 * on after the last event seen. `after` 0 replays all. Returns what ends it.
 */
export function follow<Data, Variables extends { after?: number | null }, Event extends RunEvent>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  eventOf: (data: Data) => Event,
  { onEvents, onError }: Follower<Event>,
): () => void {
  let seen = variables.after ?? 0;
  let ended = false;
  let stopped = false;
  let leave = () => {};
  const deliver = batched(onEvents, () => stopped);
  const take = (event: Event) => {
    // A connection that was slow to die may still bring what its successor has brought.
    if (event.seq <= seen) return;
    seen = event.seq;
    ended = 'status' in event && FINAL.has(event.status);
    deliver(event);
  };
  // Written anew on every connection, by then with the last seq that was seen.
  const resumed = {
    ...variables,
    get after() {
      return seen;
    },
  };
  const once = () =>
    new Promise<void>((resolve, reject) => {
      leave = client.value.subscribe<Data>(
        { query: document.toString(), variables: resumed },
        {
          next: ({ data, errors }) => (errors || !data ? reject(errors) : take(eventOf(data))),
          error: reject,
          complete: resolve,
        },
      );
    });
  void (async () => {
    while (!stopped && !ended) {
      const version = tokenVersion.value;
      try {
        await once();
        if (!ended && !stopped) await pause(AGAIN_MS);
      } catch (reason) {
        leave();
        if (isRefusal(reason)) await newToken(version);
        else if (!isRefusedByApi(reason)) await pause(AGAIN_MS);
        else return void (stopped || onError?.(apiError(reason)));
      }
    }
  })();
  return () => {
    stopped = true;
    leave();
  };
}

function isRefusedByApi(reason: unknown): reason is readonly ErrorDetails[] {
  return Array.isArray(reason);
}

function newToken(version: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = tokenVersion.subscribe((now) => {
      if (now === version) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/** A burst of events, such as a replay, costs one call a frame. A hidden page gets no frames, and needs none. */
function batched<Event>(onEvents: (events: readonly Event[]) => void, isStopped: () => boolean) {
  let waiting: Event[] = [];
  return (event: Event) => {
    waiting.push(event);
    if (waiting.length > 1) return;
    requestAnimationFrame(() => {
      const events = waiting;
      waiting = [];
      if (!isStopped()) onEvents(events);
    });
  };
}
