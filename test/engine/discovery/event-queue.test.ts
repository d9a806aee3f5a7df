import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../../src/engine/discovery/event-queue.js';

async function all<T>(queue: EventQueue<T>): Promise<T[]> {
  const events: T[] = [];
  for await (const event of queue.drain()) events.push(event);
  return events;
}

describe('EventQueue', () => {
  it('hands over events in order, each before the next is made', async () => {
    const queue = new EventQueue<number>();
    const log: string[] = [];
    queue.fill(async (emit) => {
      for (const n of [1, 2, 3]) {
        log.push(`made ${n}`);
        await emit(n);
      }
    });
    for await (const n of queue.drain()) log.push(`took ${n}`);
    expect(log).toEqual(['made 1', 'took 1', 'made 2', 'took 2', 'made 3', 'took 3']);
  });

  it('passes on what the producer throws, after what it emitted', async () => {
    const queue = new EventQueue<number>();
    queue.fill(async (emit) => {
      await emit(1);
      throw new Error('broken');
    });
    const seen: number[] = [];
    await expect(async () => {
      for await (const n of queue.drain()) seen.push(n);
    }).rejects.toThrow('broken');
    expect(seen).toEqual([1]);
  });

  it('ends when nothing is emitted', async () => {
    const queue = new EventQueue<number>();
    queue.fill(async () => {});
    expect(await all(queue)).toEqual([]);
  });

  it('settles after its reader has left', async () => {
    const queue = new EventQueue<number>();
    let finished = false;
    queue.fill(async (emit) => {
      for (let n = 0; n < 5; n += 1) await emit(n);
      finished = true;
    });
    for await (const _ of queue.drain()) break;
    await queue.settled();
    expect(finished).toBe(true);
  });
});
