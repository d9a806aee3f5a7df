import type { EventRow, EventTypeName } from '../storage/types.js';

/**
 * An iterator whose `return()` ends it at once. That of an async generator waits for the `await` it stands at, which for
 * a quiet run may be hours: here the signal is aborted first, and a `next()` under way resolves as done.
 */
export function abortable<Item>(
  start: (signal: AbortSignal) => AsyncIterable<Item>,
): AsyncIterableIterator<Item, undefined> {
  const controller = new AbortController();
  const source = start(controller.signal)[Symbol.asyncIterator]();
  const done = { done: true, value: undefined } as const;
  let endPending = (): void => {};
  const stop = async () => {
    controller.abort();
    endPending();
    // Not awaited: it may stand behind a database query; what it throws after the end concerns nobody.
    source.return?.().then(undefined, () => {});
    return done;
  };
  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (controller.signal.aborted) return resolve(done);
        endPending = () => resolve(done);
        source.next().then((result) => resolve(result.done ? done : result), reject);
      }),
    return: stop,
    throw: async (error) => {
      await stop();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The events that FrameDelivery.LATEST may skip. */
const SKIPPABLE: ReadonlySet<EventTypeName> = new Set(['TrainingPreview', 'EditFrame']);

/** So many events may wait for a slow client before reading stops; the rest waits in the log. */
const WAITING_MAX = 1000;

/**
 * Reads ahead of the client and drops a waiting preview when a newer one arrives. Order is kept, and an event of any
 * other type is never dropped.
 */
export async function* latestFrames(events: AsyncIterable<EventRow>): AsyncGenerator<EventRow, void, void> {
  const waiting: EventRow[] = [];
  let ended = false;
  let wake = (): void => {};
  const change = () => new Promise<void>((resolve) => (wake = resolve));
  let changed = change();
  const signal = () => {
    wake();
    changed = change();
  };
  const reading = (async () => {
    for await (const event of events) {
      if (ended) return;
      while (waiting.length >= WAITING_MAX && !ended) await changed;
      addLatest(waiting, event);
      signal();
    }
  })().finally(() => {
    ended = true;
    signal();
  });
  // Its failure is thrown below, when the reader gets there.
  reading.catch(() => {});
  try {
    while (waiting.length > 0 || !ended) {
      const event = waiting.shift();
      if (event === undefined) {
        await changed;
        continue;
      }
      signal();
      yield event;
    }
    await reading;
  } finally {
    ended = true;
    signal();
  }
}

function addLatest(waiting: EventRow[], event: EventRow): void {
  if (SKIPPABLE.has(event.type)) {
    const older = waiting.findLastIndex(({ type }) => type === event.type);
    if (older >= 0) waiting.splice(older, 1);
  }
  waiting.push(event);
}

/** Each event through `toItem`, when the client takes it. */
export async function* mapEvents<Item>(
  events: AsyncIterable<EventRow>,
  toItem: (event: EventRow) => Item,
): AsyncGenerator<Item, void, void> {
  for await (const event of events) yield toItem(event);
}
