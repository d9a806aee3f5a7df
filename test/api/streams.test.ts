import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { abortable, latestFrames } from '../../src/resolvers/streams.js';
import type { EventRow, EventTypeName } from '../../src/storage/types.js';

function event(seq: number, type: EventTypeName): EventRow {
  return { runId: 'r', seq, at: new Date(0), type, payload: {} };
}

async function* source(...events: EventRow[]): AsyncGenerator<EventRow, void, void> {
  yield* events;
}

test('return() ends a stream at once, although its source waits for an event that never comes', async () => {
  let aborted = false;
  const stream = abortable(async function* (signal: AbortSignal) {
    signal.addEventListener('abort', () => {
      aborted = true;
    });
    yield 1;
    await new Promise(() => {});
    yield 2;
  });
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  const pending = stream.next();
  expect(await stream.return?.()).toEqual({ done: true, value: undefined });
  expect(await pending).toEqual({ done: true, value: undefined });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(aborted).toBe(true);
});

test('a stream passes on what its source throws', async () => {
  const stream = abortable(async function* (): AsyncGenerator<number> {
    yield 1;
    throw new Error('the log is gone');
  });
  await stream.next();
  await expect(stream.next()).rejects.toThrow('the log is gone');
});

test('LATEST skips older previews for a slow client, keeps the order, and nothing else is skipped', async () => {
  const events = source(
    event(1, 'StatusChanged'),
    event(2, 'TrainingPreview'),
    event(3, 'TrainingStep'),
    event(4, 'TrainingPreview'),
    event(5, 'CheckpointSaved'),
    event(6, 'TrainingPreview'),
    event(7, 'StatusChanged'),
  );
  const seen: number[] = [];
  for await (const { seq } of latestFrames(events)) {
    seen.push(seq);
    await sleep(5);
  }
  expect(seen).toEqual([1, 3, 5, 6, 7]);
});

test('LATEST skips nothing for a client that keeps up', async () => {
  async function* slowly(): AsyncGenerator<EventRow, void, void> {
    for (const seq of [1, 2, 3]) {
      await sleep(5);
      yield event(seq, 'EditFrame');
    }
  }
  const seen: number[] = [];
  for await (const { seq } of latestFrames(slowly())) seen.push(seq);
  expect(seen).toEqual([1, 2, 3]);
});

test('LATEST passes on what the log throws', async () => {
  async function* broken(): AsyncGenerator<EventRow, void, void> {
    yield event(1, 'StatusChanged');
    throw new Error('the log is gone');
  }
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { seq } of latestFrames(broken())) seen.push(seq);
  })();
  await expect(reading).rejects.toThrow('the log is gone');
  expect(seen).toEqual([1]);
});

test('LATEST reads ahead of a slow client by a bounded number of events', async () => {
  let produced = 0;
  async function* endless(): AsyncGenerator<EventRow, void, void> {
    for (let seq = 1; ; seq++) {
      produced = seq;
      if (seq % 100 === 0) await sleep(0);
      yield event(seq, 'TrainingStep');
    }
  }
  const stream = latestFrames(endless());
  expect((await stream.next()).value?.seq).toBe(1);
  await sleep(200);
  expect(produced).toBeLessThan(1100);
  await stream.return();
});
