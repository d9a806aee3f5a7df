import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import { samplingGraph } from '../../../src/engine/discovery/samplers.js';
import { shiftConfigOf, trainingShapes } from '../../../src/engine/discovery/trainer.js';
import { floatToHalf, halfToFloat } from '../../../src/engine/element-types.js';
import type { Graph } from '../../../src/engine/graph/graph.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { constantBytes } from '../../../src/engine/runtime/footprint.js';
import { withHalfPrecision } from '../../../src/engine/runtime/half-precision.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { shiftControl } from '../../../src/engine/shift/control.js';
import { blankStatistics } from '../../../src/engine/shift/statistics.js';
import { verifyModel } from '../../../src/engine/verify.js';
import { fixture, TINY_DISCOVERY, TINY_MODEL } from '../../helpers/models.js';

const half = await openDevice('cpu', 1, undefined, 'float16');

describe('rounding to float16', () => {
  it('is exact for what float16 has', () => {
    for (let bits = 0; bits < 2 ** 16; bits += 1) {
      const value = halfToFloat(bits);
      if (Number.isNaN(value)) expect(halfToFloat(floatToHalf(value))).toBeNaN();
      // -0 has bits of its own, which the reader of files does not tell from those of 0.
      else if (bits !== 0x8000) expect(floatToHalf(value)).toBe(bits);
    }
  });

  it.each([
    [1 / 3, 0x3555],
    [65_504, 0x7bff],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [-1e9, 0xfc00],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 ** -25, 0],
    [2 ** -25 * 1.001, 1],
    [2 ** -14 - 2 ** -26, 0x0400],
  ])('of %d gives the nearest, of two the even one (IEEE 754, 4.3.1)', (value, bits) => {
    expect(floatToHalf(value)).toBe(bits);
  });
});

describe('a UNet in float16', () => {
  const models = [
    'google-ddpm',
    'diffusers-modern',
    ...readdirSync(fixture('variants')).map((name) => `variants/${name}`),
  ];

  it.each(models)('%s is within 5e-3 of PyTorch in float32: steps, trajectories and gradients', async (name) => {
    const { comparisons } = await verifyModel(fixture(name), half, '');
    expect(comparisons.filter(({ error }) => !(error <= 5e-3))).toEqual([]);
    // It was rounded.
    expect(Math.max(...comparisons.map(({ error }) => error))).toBeGreaterThan(1e-4);
  });

  it('holds half the bytes of weights, and takes and gives float32', async () => {
    const model = await loadModel(TINY_MODEL);
    const { samplers } = trainingShapes(model, TINY_DISCOVERY);
    const graph = samplingGraph(
      model,
      samplers,
      shiftControl(shiftConfigOf(TINY_DISCOVERY, model), blankStatistics(model)),
    );
    const halved = withHalfPrecision(graph);
    expect(weightBytes(halved) / weightBytes(graph)).toBeLessThan(0.55);
    const types = [...halved.inputs, ...Object.values(halved.outputs)].map(({ dtype }) => dtype);
    expect(new Set(types)).toEqual(new Set(['float32']));
  });
});

/** Of what is multiplied. */
function weightBytes(graph: Graph): number {
  const constants = new Map([...graph.constants].filter(([, { shape }]) => shape.length > 1));
  return constantBytes({ ...graph, constants });
}

describe('a VJP in float16', () => {
  it.each([1, 1e-9, 1e6])('loses nothing of a cotangent of size %d', async (size) => {
    const tape = new Tape();
    const x = tape.input('x', [2, 3]);
    const w = tape.constant(floatTensor([3, 3], Float32Array.from([1, -2, 3, -1, 2, 1, 0.5, 0.25, -3])));
    const y = tape.silu(tape.matmul(x, w));
    const [gradX] = vjp(tape, [y], [tape.input('cotangent', [2, 3])], [x]);
    if (!gradX) throw new Error('x has no gradient');
    const graph = tape.graph({ gradX });
    const cotangent = Float32Array.from([1, -0.5, 0.25, 0.125, -1, 0.75]).map((value) => value * size);
    const feeds = {
      x: floatTensor([2, 3], Float32Array.from([0.5, -1, 0.25, 1, 0.75, -0.5])),
      cotangent: floatTensor([2, 3], cotangent),
    };
    const run = async (precision: 'float32' | 'float16') => {
      const session = await Session.create(graph, half, precision);
      const made = (await session.run(feeds))['gradX'];
      await session.release();
      return made?.data ?? new Float32Array();
    };
    const [exact, rounded] = [await run('float32'), await run('float16')];
    for (const [at, value] of exact.entries())
      expect(Math.abs((rounded[at] ?? Number.NaN) - value)).toBeLessThan(5e-3 * size);
  });

  it('of a cotangent of zeros is zero', async () => {
    const tape = new Tape();
    const x = tape.input('x', [1, 2]);
    const w = tape.constant(floatTensor([2, 2], Float32Array.of(1, 2, 3, 4)));
    const [gradX] = vjp(tape, [tape.matmul(x, w)], [tape.input('cotangent', [1, 2])], [x]);
    if (!gradX) throw new Error('x has no gradient');
    const session = await Session.create(tape.graph({ gradX }), half, 'float16');
    const made = await session.run({ cotangent: floatTensor([1, 2]) });
    await session.release();
    expect([...(made['gradX']?.data ?? [])]).toEqual([0, 0]);
  });
});
