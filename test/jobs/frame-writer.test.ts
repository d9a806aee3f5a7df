import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FrameWriter } from '../../src/jobs/frame-writer.js';
import type { NewFrame, Work } from '../../src/storage/index.js';

const HELD = { runId: 'run', epoch: 1 };
const image = { bytes: Uint8Array.of(1), width: 1, height: 1, contentType: 'image/png' };
const frame = (stepIndex: number) =>
  ({
    type: 'frame',
    coarse: false,
    stepIndex,
    timestep: 9 - stepIndex,
    samplingSteps: 10,
    image,
    original: null,
    difference: null,
  }) as const;

/** Step indices of each write. */
let writes: number[][];
/** Awaited by each write. */
let database: Promise<void>;
const work = {
  edits: {
    appendFrames: async (_: unknown, frames: readonly NewFrame[]) => {
      writes.push(frames.map(({ payload }) => payload['stepIndex'] as number));
      await database;
    },
  },
} as unknown as Work;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  writes = [];
  database = Promise.resolve();
});
afterEach(() => {
  vi.useRealTimers();
});

it('writes the first frame at once, and those of the next 40 ms together', async () => {
  const writer = new FrameWriter(work, HELD, new Set());
  for (const step of [0, 1, 2, 3]) await writer.push(frame(step));
  expect(writes).toEqual([[0]]);
  await vi.advanceTimersByTimeAsync(39);
  expect(writes).toEqual([[0]]);
  await vi.advanceTimersByTimeAsync(1);
  expect(writes).toEqual([[0], [1, 2, 3]]);
  await vi.advanceTimersByTimeAsync(100);
  await writer.push(frame(4));
  await vi.advanceTimersByTimeAsync(0);
  expect(writes.at(-1)).toEqual([4]);
});

it('writes what waits at once when the edit has ended', async () => {
  const writer = new FrameWriter(work, HELD, new Set());
  for (const step of [0, 1, 2]) await writer.push(frame(step));
  await writer.drain();
  expect(writes).toEqual([[0], [1, 2]]);
});

it('does so too where the first write is still under way', async () => {
  let answer = (): void => {};
  database = new Promise((resolve) => {
    answer = resolve;
  });
  const writer = new FrameWriter(work, HELD, new Set());
  for (const step of [0, 1, 2]) await writer.push(frame(step));
  const drained = writer.drain();
  answer();
  await drained;
  expect(writes).toEqual([[0], [1, 2]]);
});

it('leaves out what the log has', async () => {
  const writer = new FrameWriter(work, HELD, new Set(['full 0', 'full 2']));
  for (const step of [0, 1, 2, 3]) await writer.push(frame(step));
  await writer.drain();
  expect(writes.flat()).toEqual([1, 3]);
});

it('holds the sampling up where the database does not keep up, and loses nothing', async () => {
  let answer = (): void => {};
  database = new Promise((resolve) => {
    answer = resolve;
  });
  const writer = new FrameWriter(work, HELD, new Set());
  let pushed = 0;
  const sampling = (async () => {
    for (let step = 0; step < 100; step += 1) {
      await writer.push(frame(step));
      pushed += 1;
    }
  })();
  await vi.advanceTimersByTimeAsync(1000);
  expect(pushed).toBeLessThan(50);
  answer();
  await vi.advanceTimersByTimeAsync(1000);
  await sampling;
  await writer.drain();
  expect(writes.flat()).toEqual(Array.from({ length: 100 }, (_, step) => step));
});

it('throws what a write failed with', async () => {
  database = Promise.reject(new Error('the epoch is over'));
  const writer = new FrameWriter(work, HELD, new Set());
  await writer.push(frame(0));
  await expect(writer.drain()).rejects.toThrow('the epoch is over');
  await expect(writer.push(frame(1))).rejects.toThrow('the epoch is over');
});
