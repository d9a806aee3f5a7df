import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { galleryOf } from '../../../scripts/support/gallery.js';
import { normals, STREAMS } from '../../../src/engine/diffusion/random.js';
import { Samplers } from '../../../src/engine/discovery/samplers.js';
import { curveWeight } from '../../../src/engine/edit/curve.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import type { DirectionBankRef, DiscoveryConfig, EditEvent, EditRequest, Engine } from '../../../src/engine/index.js';
import { createEngine } from '../../../src/engine/index.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { encodePicture } from '../../../src/engine/picture.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { decodeBank } from '../../../src/engine/shift/bank.js';
import { shiftControl } from '../../../src/engine/shift/control.js';
import { TINY_DISCOVERY, TINY_MODEL } from '../../helpers/models.js';

const signal = new AbortController().signal;
let engine: Engine;
let model: { path: string; hash: string };
let bank: DirectionBankRef;
/** Of the same model, its directions small networks of h. */
let blocks: DirectionBankRef;

beforeAll(async () => {
  engine = await createEngine({ device: 'cpu' });
  const { hash } = await engine.importModel(TINY_MODEL, async () => {}, signal);
  model = { path: TINY_MODEL, hash };
  bank = await discovered(TINY_DISCOVERY, null);
  blocks = await discovered({ ...TINY_DISCOVERY, shift: 'BLOCK', orthonormal: false }, bank.statistics);
});

/** Directions of a discovery of one step. */
async function discovered(config: DiscoveryConfig, known: Uint8Array | null): Promise<DirectionBankRef> {
  let [statistics, parameters] = [known ?? new Uint8Array(), new Uint8Array()];
  const options = { state: null, statistics: known, signal, yieldTo: async () => {} };
  for await (const event of engine.discover(model, { ...config, trainingSteps: 1 }, options)) {
    if (event.type === 'statistics') statistics = new Uint8Array(event.bytes);
    if (event.type === 'checkpoint') parameters = new Uint8Array(event.parameters);
  }
  return { statistics, parameters };
}

async function run(
  change: Partial<EditRequest>,
): Promise<{ frames: Extract<EditEvent, { type: 'frame' }>[]; result: Uint8Array; original: Uint8Array }> {
  const request: EditRequest = {
    seed: 5,
    shifts: [],
    samplingSteps: 6,
    reverseProcess: 'SYMMETRIC',
    eta: 0,
    previewEvery: 1,
    previewSize: null,
    ...change,
  };
  const frames: Extract<EditEvent, { type: 'frame' }>[] = [];
  for await (const event of engine.edit(model, request, signal)) {
    if (event.type === 'frame') frames.push(event);
    else return { frames, result: event.result.bytes, original: event.original.bytes };
  }
  throw new Error('no result');
}

const shift = (strength: number, curve: { t: number; weight: number }[] = [], directionIndex = 1) => ({
  bank,
  directionIndex,
  strength,
  curve,
});
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;

/** The largest difference of two images: up to 1 where values on the border of two levels fall to either side. */
async function greyLevelsApart(a: Uint8Array, b: Uint8Array): Promise<number> {
  const [first, second] = await Promise.all([a, b].map((bytes) => sharp(bytes).raw().toBuffer()));
  return Math.max(...Array.from(first!, (value, at) => Math.abs(value - second![at]!)));
}

describe('edited sampling', () => {
  it.each([
    ['SYMMETRIC', 0],
    ['ASYMMETRIC', 0],
    ['SYMMETRIC', 0.8],
  ] as const)('at strength 0 gives the unedited sample, byte for byte: %s, η %s', async (reverseProcess, eta) => {
    const { result, original } = await run({ shifts: [shift(0)], reverseProcess, eta });
    expect(same(result, original)).toBe(true);
    const moved = await run({ shifts: [shift(4)], reverseProcess, eta });
    expect(same(moved.original, original)).toBe(true);
    expect(same(moved.result, original)).toBe(false);
  });

  it('gives the same bytes again, and others for another seed', async () => {
    const request = { shifts: [shift(2.5)] };
    expect(same((await run(request)).result, (await run(request)).result)).toBe(true);
    expect(same((await run({ ...request, seed: 6 })).original, (await run(request)).original)).toBe(false);
  });

  it('adds shifts: two along one direction are one of their sum, and opposite ones cancel', async () => {
    const sum = await run({ shifts: [shift(1), shift(2)] });
    const one = await run({ shifts: [shift(3)] });
    expect(same(sum.result, one.result)).toBe(true);
    const none = await run({ shifts: [shift(2), shift(-2)] });
    expect(same(none.result, none.original)).toBe(true);
  });

  it('gives a frame at every n-th step and at the last, enlarged if asked', async () => {
    const { frames } = await run({ previewEvery: 4, previewSize: 64 });
    expect(frames.map(({ stepIndex }) => stepIndex)).toEqual([0, 4, 5]);
    expect(frames.map(({ timestep }) => timestep)).toEqual([999, 332, 166]);
    expect(frames.every(({ image }) => image.width === 64 && image.height === 64)).toBe(true);
    expect((await run({})).frames).toHaveLength(6);
  });

  it('weights a strength by its curve over time', async () => {
    const flat = await run({ shifts: [shift(3, [{ t: 0, weight: 1 }])] });
    const plain = await run({ shifts: [shift(3)] });
    expect(same(flat.result, plain.result)).toBe(true);
    const off = await run({ shifts: [shift(3, [{ t: 0, weight: 0 }])] });
    expect(same(off.result, off.original)).toBe(true);
    const late = await run({
      shifts: [
        shift(3, [
          { t: 0.5, weight: 0 },
          { t: 0.6, weight: 1 },
        ]),
      ],
    });
    const unshifted = await run({});
    // Three of six steps lie at t ≤ 0.5: nothing has happened yet.
    const early = late.frames.slice(0, 3);
    expect(early.every((frame, i) => same(frame.image.bytes, unshifted.frames[i]!.image.bytes))).toBe(true);
    expect(same(late.result, unshifted.result)).toBe(false);
  });

  it('of a filmstrip is the edit of its strengths', async () => {
    const request = {
      bank,
      directionIndex: 1,
      strengths: [-3, 0, 3],
      seed: 5,
      samplingSteps: 6,
      reverseProcess: 'SYMMETRIC',
    } as const;
    const strip = await engine.filmstrip(model, request, signal);
    const gallery = await galleryOf(engine, model, [5, 6, 7], 6);
    expect(same(strip[1]!.bytes, gallery[0]!.bytes)).toBe(true);
    expect(same(strip[0]!.bytes, strip[2]!.bytes)).toBe(false);
  });

  it('mixes directions that depend on the sample with others, each with its curve, in any order', async () => {
    const curve = [
      { t: 0, weight: 1 },
      { t: 1, weight: 0.2 },
    ];
    const block = { ...shift(3, curve, 2), bank: blocks };
    const mixed = await run({ shifts: [shift(2), block] });
    expect(same((await run({ shifts: [block, shift(2)] })).result, mixed.result)).toBe(true);
    for (const one of [[shift(2)], [block], [shift(2), { ...block, curve: [] }]])
      expect(same((await run({ shifts: one })).result, mixed.result)).toBe(false);
    expect(same(mixed.original, (await run({})).original)).toBe(true);
    const off = await run({
      shifts: [shift(0), { ...block, strength: 0 }, { ...block, curve: [{ t: 0, weight: 0 }] }],
    });
    expect(same(off.result, mixed.original)).toBe(true);
  });

  it.each([
    ['SYMMETRIC', 0],
    ['ASYMMETRIC', 0.5],
  ] as const)(
    'along a direction that depends on the sample leaves the original as it is: %s, η %s',
    async (reverseProcess, eta) => {
      const moved = await run({ shifts: [{ ...shift(4), bank: blocks }], reverseProcess, eta });
      const none = await run({ shifts: [{ ...shift(0), bank: blocks }], reverseProcess, eta });
      expect(same(moved.original, none.result)).toBe(true);
      expect(same(moved.result, none.result)).toBe(false);
    },
  );

  it('along a direction that depends on the sample is the sampling that its training shifts, also as a filmstrip', async () => {
    const [seed, T, k, strengths] = [5, TINY_DISCOVERY.samplingSteps, 1, [-3, 0, 3]];
    const diffusion = await loadModel(TINY_MODEL);
    const device = await openDevice('cpu');
    const { config, statistics, rows, directions } = decodeBank(blocks);
    const control = shiftControl(config, statistics);
    const samplers = await Samplers.create(
      diffusion,
      { batch: 3, samplingSteps: T, process: 'SYMMETRIC', kind: 'BLOCK', directions, isTrained: false },
      control,
      device,
    );
    const size = 3 * 8 * 8;
    const noise = floatTensor([3, 3, 8, 8]);
    for (const row of [0, 1, 2])
      noise.data.set(normals({ seed, stream: STREAMS.sampleNoise, sample: 0, step: 0 }, size), row * size);
    const trained = await samplers.shifted(noise, rows, { directions: [k, k, k], strengths }, async () => {});
    await samplers.release();
    const request = { bank: blocks, directionIndex: k, strengths, seed, samplingSteps: T } as const;
    const strip = await engine.filmstrip(model, { ...request, reverseProcess: 'SYMMETRIC' }, signal);
    for (const [row, image] of strip.entries()) {
      const sample = trained.samples.at(-1)!.data.subarray(row * size, (row + 1) * size);
      expect(await greyLevelsApart(image.bytes, (await encodePicture(sample, [3, 8, 8])).bytes)).toBeLessThan(2);
    }
    const edited = await run({ seed, samplingSteps: T, shifts: [{ ...shift(3), bank: blocks }] });
    expect(await greyLevelsApart(edited.result, strip[2]!.bytes)).toBeLessThan(2);
    expect(await greyLevelsApart(edited.original, strip[1]!.bytes)).toBeLessThan(2);
    expect(await greyLevelsApart(edited.result, edited.original)).toBeGreaterThan(2);
  });

  it('refuses a direction of another model, and a model that has changed on disk', async () => {
    const other = { ...bank, parameters: bank.parameters, statistics: bank.statistics };
    await expect(run({ shifts: [{ ...shift(1), bank: other, directionIndex: 99 }] })).rejects.toThrow(/direction 99/);
    const changed = { path: TINY_MODEL, hash: '0'.repeat(64) };
    const request: EditRequest = {
      seed: 1,
      shifts: [],
      samplingSteps: 2,
      reverseProcess: 'SYMMETRIC',
      eta: 0,
      previewEvery: 1,
      previewSize: null,
    };
    await expect(engine.edit(changed, request, signal).next()).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const request: EditRequest = {
      seed: 1,
      shifts: [],
      samplingSteps: 50,
      reverseProcess: 'SYMMETRIC',
      eta: 0,
      previewEvery: 1,
      previewSize: null,
    };
    await expect(async () => {
      for await (const _ of engine.edit(model, request, abort.signal)) abort.abort();
    }).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a strength curve', () => {
  it.each([
    [-1, 2],
    [0.25, 2],
    [0.5, 1],
    [0.75, 0],
    [2, 0],
  ])('at t = %s weighs %s', (t, weight) => {
    expect(
      curveWeight(
        [
          { t: 0.25, weight: 2 },
          { t: 0.75, weight: 0 },
        ],
        t,
      ),
    ).toBeCloseTo(weight, 12);
  });
});
