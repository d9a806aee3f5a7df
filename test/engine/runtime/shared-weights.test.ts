import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Graph } from '../../../src/engine/graph/graph.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { planBatch } from '../../../src/engine/runtime/batch-plan.js';
import { BatchSession } from '../../../src/engine/runtime/batch-session.js';
import { withModelSource } from '../../../src/engine/runtime/model-source.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { generator, randomTensor, relativeError, testDevice } from '../../helpers/numeric.js';

afterEach(() => vi.unstubAllEnvs());

const random = generator(7);
const [KERNEL, MATRIX, TIMES] = [
  [64, 64, 3, 3],
  [128, 256],
  [64, 64],
].map((shape) => randomTensor(shape, random));

/** A convolution and a product of large weights, and a product of a small one, of `rows` samples. */
function layers(rows: number): Graph {
  const tape = new Tape();
  const image = tape.input('image', [rows, 64, 6, 5]);
  const weight = tape.constant(KERNEL as FloatTensor, 'kernel');
  const made = tape.silu(tape.conv(image, weight, null, { pads: [1, 1, 1, 1] }));
  const row = tape.input('row', [rows, 128]);
  const product = tape.matmul(row, tape.constant(MATRIX as FloatTensor, 'matrix'));
  const small = tape.matmul(tape.input('few', [rows, 64]), tape.constant(TIMES as FloatTensor, 'small'));
  return tape.graph({ made, product, small });
}

function feedsOf(rows: number) {
  const shapes = { image: [rows, 64, 6, 5], row: [rows, 128], few: [rows, 64] };
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, randomTensor(shape, random)]));
}

describe('large weights', () => {
  it('are fed from memory that threads share, the same for all sessions; small ones are constants', async () => {
    const device = await testDevice();
    expect(device.sharesMemory).toBe(true);
    const weightsOf = (rows: number) => withModelSource(layers(rows), device, async ({ weights }) => weights);
    const [one, other] = [await weightsOf(1), await weightsOf(3)];
    // The kernel is one of them where convolutions are in blocks.
    const fed = device.channelBlock === null ? 1 : 2;
    expect(Object.values(one)).toHaveLength(fed);
    for (const [name, { data }] of Object.entries(one)) {
      expect(data.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(data.byteLength).toBeGreaterThanOrEqual(64 * 2 ** 10);
      expect(other[name]?.data).toBe(data);
    }
  });

  it('give what they give as constants, where memory cannot be shared too', async () => {
    const device = await testDevice();
    const feeds = feedsOf(4);
    const results: Record<string, FloatTensor>[] = [];
    for (const sharesMemory of [true, false])
      for (const pass of ['', 'shared-weights']) {
        vi.stubEnv('AZIMUTH_WITHOUT', pass);
        const plan = { batch: 4, rows: 1, lanes: 2, threads: 1 };
        const session = await BatchSession.create(layers(1), plan, { ...device, sharesMemory });
        await session.run(feedsOf(4));
        results.push(await session.run(feeds));
        await session.release();
      }
    const [first, ...others] = results as [Record<string, FloatTensor>, ...Record<string, FloatTensor>[]];
    for (const other of others)
      for (const name of ['made', 'product', 'small'])
        expect(relativeError(other[name] as FloatTensor, first[name] as FloatTensor)).toBeLessThan(1e-6);
  });

  it('are not fed to other devices', async () => {
    const device = { ...(await testDevice()), name: 'webgpu', channelBlock: null, sharesMemory: false };
    expect(planBatch(4, device, { sampleShape: [3, 32, 32], parameterCount: 1e6 }).lanes).toBe(1);
    await withModelSource(layers(1), device, async ({ weights }) => expect(weights).toEqual({}));
  });
});

describe('sums of lanes', () => {
  it('are right in every run, with memory that lanes share and without', async () => {
    const tape = new Tape();
    const [x, w] = [tape.input('x', [1, 200]), tape.input('w', [200, 200])];
    // Large enough not to be copied by messages: Σ over samples of w·x.
    const graph = tape.graph({ sum: tape.mul(w, x) });
    const device = await testDevice();
    const plan = { batch: 5, rows: 1, lanes: 2, threads: 1 };
    for (const sharesMemory of [true, false]) {
      const session = await BatchSession.create(graph, plan, { ...device, sharesMemory }, { sums: ['sum'] });
      for (let turn = 0; turn < 3; turn += 1) {
        const [rows, weights] = [randomTensor([5, 200], random), randomTensor([200, 200], random)];
        const { sum } = await session.run({ x: rows, w: weights });
        const column = Array.from({ length: 200 }, (_, at) =>
          [0, 1, 2, 3, 4].reduce((total, row) => total + (rows.data[row * 200 + at] as number), 0),
        );
        const expected = floatTensor(
          [200, 200],
          weights.data.map((value, at) => value * (column[at % 200] as number)),
        );
        expect(relativeError(sum as FloatTensor, expected)).toBeLessThan(1e-5);
      }
      await session.release();
    }
  });
});

describe('runs that do not wait for each other', () => {
  it('have the inputs that each was given', async () => {
    const tape = new Tape();
    const graph = tape.graph({ y: tape.matmul(tape.input('x', [1, 200]), tape.input('w', [200, 200])) });
    const device = await testDevice();
    const session = await BatchSession.create(graph, { batch: 2, rows: 1, lanes: 2, threads: 1 }, device);
    const feeds = [1, 2, 3].map(() => ({ x: randomTensor([2, 200], random), w: randomTensor([200, 200], random) }));
    const alone: FloatTensor[] = [];
    for (const feed of feeds) alone.push((await session.run(feed))['y'] as FloatTensor);
    const together = await Promise.all(feeds.map(async (feed) => (await session.run(feed))['y']));
    together.forEach((made, at) => {
      expect(relativeError(made as FloatTensor, alone[at] as FloatTensor)).toBeLessThan(1e-6);
    });
    await session.release();
  });
});

describe('a session alone', () => {
  it('reads them too', async () => {
    const device = await testDevice();
    const feeds = feedsOf(2);
    const results: Record<string, FloatTensor>[] = [];
    for (const sharesMemory of [true, false]) {
      const session = await Session.create(layers(2), { ...device, sharesMemory });
      results.push(await session.run(feeds));
      await session.release();
    }
    for (const name of ['made', 'product', 'small'])
      expect(relativeError(results[0]?.[name] as FloatTensor, results[1]?.[name] as FloatTensor)).toBeLessThan(1e-6);
  });
});
