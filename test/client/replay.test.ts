import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AzimuthClient, AzimuthError, createClient, type TrainingEvent } from '../../src/client/node.js';
import { CuttableNetwork } from '../helpers/network.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

/** A server whose events are written here, behind a network that is cut here. */
let server: TestServer;
let proxy: CuttableNetwork;
let client: AzimuthClient;
let states: string[];
let modelId: string;

beforeAll(async () => {
  server = await startTestServer();
  proxy = await CuttableNetwork.start(server.api.url);
  modelId = await server.readyModel({ name: 'faces' });
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});
beforeEach(() => {
  states = [];
  client = createClient({ url: proxy.url, onConnection: (state) => states.push(state) });
});
afterEach(() => client.close());

const LOSSES = { loss: 2, classificationLoss: 2, strengthLoss: 0, adversarialLoss: null, discriminatorLoss: null };
const SPEED = { accuracy: 0.25, secondsPerStep: 1, peakMemoryBytes: 1 };

/** A discovery that a worker has begun, and what that worker does. */
async function running() {
  const { id } = await client.startDiscovery({ modelId });
  const held = await server.take(id);
  let step = 0;
  return {
    id,
    async trainingSteps(count: number) {
      for (let i = 0; i < count; i += 1) {
        step += 1;
        await server.work.trainings.step(held, { step, totalSteps: 400, ...LOSSES, ...SPEED });
      }
    },
    finish: () => server.work.trainings.finish(held, async () => {}),
  };
}

/** Reads on while the test goes on; `until` resolves once so many events are there. */
function read(events: AsyncIterable<TrainingEvent>) {
  const seen: TrainingEvent[] = [];
  let change = () => {};
  const reading = (async () => {
    for await (const event of events) {
      seen.push(event);
      change();
    }
    return seen;
  })();
  const until = async (count: number) => {
    while (seen.length < count) {
      await Promise.race([reading, new Promise<void>((resolve) => (change = resolve))]);
    }
  };
  return { seen, reading, until };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const seqs = (events: readonly TrainingEvent[]) => events.map(({ seq }) => seq);

describe('a run that is followed', () => {
  test('comes whole and in order over any number of lost sockets, and ends with its final status', async () => {
    const run = await running();
    const { seen, reading, until } = read(client.trainingProgress(run.id));
    for (let cuts = 0; cuts < 5; cuts += 1) {
      await run.trainingSteps(10);
      await until(2 + 10 * cuts + 1);
      // In the middle of what is on its way.
      proxy.cut();
    }
    await run.finish();
    await reading;
    expect(seqs(seen)).toEqual(upTo(53));
    expect(seen.at(-1)).toMatchObject({ __typename: 'StatusChanged', status: 'SUCCEEDED' });
    expect(states.filter((state) => state === 'LOST').length).toBeGreaterThanOrEqual(5);
  });

  test('waits for a server that cannot be reached, and misses nothing of what happened meanwhile', async () => {
    const run = await running();
    const { seen, reading, until } = read(client.trainingProgress(run.id));
    await until(2);
    proxy.setReachable(false);
    await run.trainingSteps(7);
    await run.finish();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(seen).toHaveLength(2);
    proxy.setReachable(true);
    await reading;
    expect(seqs(seen)).toEqual(upTo(10));
  });

  test('starts behind the event that is known already, and is empty where that was the last one', async () => {
    const run = await running();
    await run.trainingSteps(2);
    await run.finish();
    expect(seqs((await read(client.trainingProgress(run.id, { after: 3 })).reading) ?? [])).toEqual([4, 5]);
    expect(await read(client.trainingProgress(run.id, { after: 5 })).reading).toEqual([]);
  });

  test('shares one socket with others, each of which goes on where it was', async () => {
    const runs = [await running(), await running(), await running()];
    const followed = runs.map(({ id }) => read(client.trainingProgress(id, { frames: 'LATEST' })));
    await Promise.all(followed.map(({ until }) => until(2)));
    const before = proxy.opened;
    proxy.cut();
    for (const run of runs) {
      await run.trainingSteps(3);
      await run.finish();
    }
    for (const { reading } of followed) expect(seqs(await reading)).toEqual(upTo(6));
    // One socket for all three, and perhaps a try or two that was cut.
    expect(proxy.opened - before).toBeLessThanOrEqual(2);
  });

  test('stops at once when its signal is aborted, with the reason of the signal', async () => {
    const run = await running();
    const controller = new AbortController();
    const { reading, until } = read(client.trainingProgress(run.id, { signal: controller.signal }));
    await until(2);
    controller.abort(new Error('seen enough'));
    await expect(reading).rejects.toThrow('seen enough');
    await client.cancelDiscovery(run.id);
  });

  test('stops waiting for an unreachable server when its signal is aborted', async () => {
    const lost = createClient({ url: 'http://127.0.0.1:1' });
    const signal = AbortSignal.timeout(300);
    await expect(read(lost.trainingProgress('x', { signal })).reading).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('of an id that nothing has is NOT_FOUND, and not tried again', async () => {
    const error: unknown = await read(client.trainingProgress(server.unknownId('Discovery'))).reading.catch((e) => e);
    expect(error).toBeInstanceOf(AzimuthError);
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
    expect(states).not.toContain('LOST');
  });

  test('refuses an after beyond the log, and says which argument, what it takes and what it got', async () => {
    const run = await running();
    const error: unknown = await read(client.trainingProgress(run.id, { after: 99 })).reading.catch((e) => e);
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'after', got: '99' });
    expect((error as AzimuthError).expected).not.toBeNull();
    await client.cancelDiscovery(run.id);
  });
});
