import { beforeAll, describe, expect, it } from 'vitest';
import { curveWeight } from '../../../src/engine/edit/curve.js';
import type { DirectionBankRef, EditEvent, EditRequest, Engine } from '../../../src/engine/index.js';
import { createEngine } from '../../../src/engine/index.js';
import { TINY_DISCOVERY, TINY_MODEL } from '../../helpers/models.js';

const signal = new AbortController().signal;
let engine: Engine;
let model: { path: string; hash: string };
let bank: DirectionBankRef;

beforeAll(async () => {
  engine = await createEngine({ device: 'cpu' });
  const { hash } = await engine.importModel(TINY_MODEL, async () => {}, signal);
  model = { path: TINY_MODEL, hash };
  let [statistics, parameters] = [new Uint8Array(), new Uint8Array()];
  const options = { state: null, statistics: null, signal, yieldTo: async () => {} };
  for await (const event of engine.discover(model, { ...TINY_DISCOVERY, trainingSteps: 1 }, options)) {
    if (event.type === 'statistics') statistics = new Uint8Array(event.bytes);
    if (event.type === 'checkpoint') parameters = new Uint8Array(event.parameters);
  }
  bank = { statistics, parameters };
});

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
    const gallery = await engine.sample(model.path, model.hash, [5, 6, 7], 6, signal);
    expect(same(strip[1]!.bytes, gallery[0]!.bytes)).toBe(true);
    expect(same(strip[0]!.bytes, strip[2]!.bytes)).toBe(false);
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
