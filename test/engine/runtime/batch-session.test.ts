import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import { normals } from '../../../src/engine/diffusion/random.js';
import type { Value } from '../../../src/engine/graph/graph.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { type BatchKind, type Processor, planBatch, planEvenly } from '../../../src/engine/runtime/batch-plan.js';
import { BatchSession } from '../../../src/engine/runtime/batch-session.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { packageFile } from '../../../src/package.js';

const cpu = await openDevice('cpu', 2);

/** y = tanh(x·w) and what cotangents of y pull back to x and to w, which all samples share. */
function product(rows: number, [inputs, outputs]: readonly [number, number] = [3, 4]) {
  const tape = new Tape();
  const [x, w] = [tape.input('x', [rows, inputs]), tape.input('w', [inputs, outputs])];
  const y = tape.tanh(tape.matmul(x, w));
  const [gradX, gradW] = vjp(tape, [y], [tape.input('cotangent', y.shape)], [x, w]) as [Value, Value];
  return tape.graph({ y, gradX, gradW });
}

function random(shape: readonly number[], sample: number): FloatTensor {
  const size = shape.reduce((total, extent) => total * extent, 1);
  return floatTensor(shape, normals({ seed: 4, stream: 0, sample, step: 0 }, size));
}

async function run(batch: number, rows: number, lanes: number) {
  const session = await BatchSession.create(product(rows), { batch, rows, lanes, threads: 1 }, cpu, {
    sums: ['gradW'],
  });
  const feeds = (seed: number) => ({
    x: random([batch, 3], seed),
    w: random([3, 4], 1),
    cotangent: random([batch, 4], 2),
  });
  // A run before, of whose sums nothing is left.
  await session.run(feeds(3));
  const made = await session.run(feeds(0));
  await session.release();
  return made;
}

describe('a batch in parts', () => {
  it.each([
    { batch: 8, rows: 2, lanes: 2 },
    { batch: 9, rows: 5, lanes: 2 },
    { batch: 7, rows: 3, lanes: 1 },
    { batch: 5, rows: 1, lanes: 3 },
  ])('gives what the whole gives: $batch rows, $rows at once in $lanes lanes', async ({ batch, rows, lanes }) => {
    const [whole, parts] = [await run(batch, batch, 1), await run(batch, rows, lanes)];
    for (const name of ['y', 'gradX', 'gradW'] as const) {
      expect(parts[name]?.shape).toEqual(whole[name]?.shape);
      for (const [index, value] of (whole[name]?.data ?? []).entries())
        expect(parts[name]?.data[index]).toBeCloseTo(value, 5);
    }
  });

  it('gives the same bytes each time', async () => {
    const [one, other] = [await run(9, 2, 2), await run(9, 2, 2)];
    expect(one).toEqual(other);
  });

  it('lends large inputs to its lanes, run after run and beside another session of the same ones', async () => {
    const [inputs, outputs] = [96, 256];
    const open = (rows: number, lanes: number) =>
      BatchSession.create(product(rows, [inputs, outputs]), { batch: 6, rows, lanes, threads: 1 }, cpu, {
        sums: ['gradW'],
      });
    const [whole, ...sessions] = [await open(6, 1), await open(1, 3), await open(2, 3)];
    for (let turn = 0; turn < 3; turn += 1) {
      const feeds = sessions.map((_, at) => ({
        x: random([6, inputs], 10 * turn + at),
        w: random([inputs, outputs], 100 + 10 * turn + at),
        cotangent: random([6, outputs], 200 + turn),
      }));
      const made = await Promise.all(sessions.map((session, at) => session.run(feeds[at] as (typeof feeds)[number])));
      for (const [at, { w, ...rest }] of feeds.entries()) {
        expect(w).toEqual(random([inputs, outputs], 100 + 10 * turn + at));
        const expected = await whole.run({ ...rest, w });
        for (const name of ['y', 'gradX', 'gradW'] as const)
          for (const [index, value] of (expected[name]?.data ?? []).entries())
            expect(Math.abs((made[at]?.[name]?.data[index] ?? Number.NaN) - value)).toBeLessThan(1e-4);
      }
    }
    for (const session of [whole, ...sessions]) await session.release();
  });

  it('says which input it expected for the whole batch', async () => {
    const session = await BatchSession.create(product(2), { batch: 8, rows: 2, lanes: 2, threads: 1 }, cpu, {
      sums: ['gradW'],
    });
    const feeds = { x: random([7, 3], 0), w: random([3, 4], 1), cotangent: random([8, 4], 2) };
    await expect(session.run(feeds)).rejects.toThrow(/input x: expected float32\[8,3\], got float32\[7,3\]/);
    await session.release();
  });

  it('says what the runtime cannot do, whichever lane it was in', async () => {
    const tape = new Tape();
    const x = tape.input('x', [1, 2]);
    const indices = tape.argMin(tape.mul(x, tape.scalar(1)), 1);
    const beyond = tape.add(tape.gatherRows(tape.constant(random([1, 2], 0)), indices), x);
    const session = await BatchSession.create(
      tape.graph({ y: beyond }),
      { batch: 2, rows: 1, lanes: 2, threads: 1 },
      cpu,
    );
    const wrong = (data: number[]) => session.run({ x: floatTensor([2, 2], Float32Array.from(data)) });
    await expect(wrong([1, 0, 0, 1])).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    await expect(wrong([0, 1, 1, 0])).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    // Both lanes are as they were.
    expect((await wrong([0, 1, 0, 1]))['y']?.shape).toEqual([2, 2]);
    await session.release();
  });
});

/** Two threads whose sessions have weights and memory of their own, or in common. */
const APART = { name: 'cpu', threads: 2, channelBlock: 16, sharesMemory: false } as const;
const TOGETHER = { ...APART, sharesMemory: true } as const;

describe('the plan of a batch', () => {
  const lanes = (batch: number, threads: number, name = 'cpu', parameterCount = 1e6) =>
    planBatch(batch, { ...APART, name, threads }, { sampleShape: [3, 32, 32], parameterCount });

  it('keeps every thread busy and covers the batch', () => {
    for (const parameters of [12e6, 30e6, 100e6])
      for (const threads of [2, 4, 12, 16])
        for (let batch = 1; batch <= 40; batch += 1) {
          const plan = lanes(batch, threads, 'cpu', parameters);
          expect(plan.lanes * plan.threads).toBeLessThanOrEqual(threads);
          expect(plan.lanes).toBeLessThanOrEqual(Math.ceil(batch / plan.rows));
        }
    for (const threads of [1, 2, 3, 4, 16])
      for (let batch = 1; batch <= 40; batch += 1) {
        const plan = lanes(batch, threads);
        expect(plan.lanes * plan.threads).toBeLessThanOrEqual(threads);
        expect(plan.lanes).toBeLessThanOrEqual(Math.ceil(batch / plan.rows));
        // No thread has more rows than one that shared them out by eye would have given it, but for a quarter.
        const turns = Math.ceil(Math.ceil(batch / plan.rows) / plan.lanes);
        expect(turns * plan.rows).toBeLessThanOrEqual(Math.ceil(Math.ceil(batch / threads) * 1.25));
      }
  });

  it('samples in one lane where those of its training would have the weights of the gradient as well', () => {
    const unet = { sampleShape: [3, 64, 64], parameterCount: 12.6e6 } as const;
    const lanesOf = (kind: BatchKind, processor = APART) => planBatch(8, processor, unet, kind).lanes;
    expect([lanesOf('sampling'), lanesOf('training'), lanesOf('gradient')]).toEqual([2, 1, 1]);
    const small = { sampleShape: [3, 32, 32], parameterCount: 1.8e6 } as const;
    expect(planBatch(8, APART, small, 'training')).toEqual(planBatch(8, APART, small, 'sampling'));
  });

  it('opens all lanes where they have the weights in common', () => {
    const unet = { sampleShape: [3, 64, 64], parameterCount: 100e6 } as const;
    for (const kind of ['sampling', 'training', 'gradient'] as const)
      expect(planBatch(8, TOGETHER, unet, kind)).toMatchObject({ rows: 1, lanes: 2, threads: 1 });
    // Without blocks of channels weights are constants of each session.
    expect(planBatch(8, { ...TOGETHER, channelBlock: null }, unet).lanes).toBe(1);
  });

  it('opens fewer lanes of large weights, whose threads divide the rows', () => {
    expect(lanes(8, 2, 'cpu', 100e6)).toMatchObject({ rows: 4, lanes: 1, threads: 2 });
    expect(lanes(8, 16, 'cpu', 100e6)).toMatchObject({ rows: 8, lanes: 1, threads: 16 });
    expect(lanes(8, 16, 'cpu', 12e6)).toMatchObject({ rows: 4, lanes: 2, threads: 8 });
    expect(lanes(1, 4, 'cpu', 100e6)).toMatchObject({ rows: 1, lanes: 1, threads: 4 });
  });

  it('leaves a single sample all threads, and other devices the whole batch', () => {
    expect(lanes(1, 8)).toEqual({ batch: 1, rows: 1, lanes: 1, threads: 8 });
    expect(lanes(8, 2, 'webgpu')).toMatchObject({ rows: 8, lanes: 1 });
  });
});

describe('the plan of a mean over the batch', () => {
  const parts = (batch: number, side: number, parameters: number, processor: Processor = APART) =>
    planEvenly(batch, processor, [3, side, side], parameters);

  it('has parts of one size, none of them large', () => {
    expect(parts(32, 32, 4e5)).toMatchObject({ rows: 16, lanes: 2, threads: 1 });
    expect(parts(32, 64, 1.6e6)).toMatchObject({ rows: 16, lanes: 1, threads: 2 });
    expect(parts(32, 64, 1.6e6, TOGETHER)).toMatchObject({ rows: 16, lanes: 2, threads: 1 });
    expect(parts(32, 64, 30e6, TOGETHER)).toMatchObject({ lanes: 1, threads: 2 });
    expect(parts(32, 256, 6e6)).toMatchObject({ rows: 1, lanes: 1 });
    for (let batch = 1; batch <= 300; batch += 1) {
      const { rows, lanes } = parts(batch, 32, 4e5);
      expect(batch % (rows * lanes)).toBe(0);
    }
  });

  it('does not fall apart where the batch has no good divisor', () => {
    expect(parts(2 * 67, 32, 4e5)).toMatchObject({ rows: 67, lanes: 2 });
    expect(parts(2 * 1009, 32, 4e5)).toMatchObject({ rows: 1009, lanes: 2 });
  });
});

describe('a process that used lanes', () => {
  it('ends by itself, and with its own exit code', async () => {
    const script = `
      const { openInLanes } = await import(${JSON.stringify(packageFile('dist/src/engine/runtime/lanes.js'))});
      const { Tape } = await import(${JSON.stringify(packageFile('dist/src/engine/ops/tape.js'))});
      const { encodeModel } = await import(${JSON.stringify(packageFile('dist/src/engine/graph/onnx.js'))});
      const tape = new Tape();
      const sessions = await openInLanes({ model: encodeModel(tape.graph({ y: tape.exp(tape.input('x', [1])) })), weights: {}, sharesMemory: false }, {}, 3);
      const x = { dtype: 'float32', shape: [1], data: Float32Array.of(0) };
      const made = await Promise.all(sessions.map((session) => session.run({ x }, [{}])));
      console.log(made.map(({ rows: [{ y }] }) => y.data[0]).join());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout.trim()).toBe('1,1,1');
  });
});
