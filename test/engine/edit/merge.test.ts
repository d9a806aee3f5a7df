import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cosine, leastSquares } from '../../../src/engine/edit/effects.js';
import type { DirectionBankRef, Engine, MergeRequest, ReverseProcess, Shift } from '../../../src/engine/index.js';
import { createEngine } from '../../../src/engine/index.js';
import { TINY_DISCOVERY, TINY_MODEL } from '../../helpers/models.js';

const signal = new AbortController().signal;
const nothing = async () => {};
/** As many as the statistics have: what is kept of a direction at these timesteps is all of it. */
const STEPS = 10;
let engine: Engine;
let model: { path: string; hash: string };
let subspace: DirectionBankRef;
let global: DirectionBankRef;
let blocks: DirectionBankRef;

beforeAll(async () => {
  engine = await createEngine({ device: 'cpu' });
  const { hash } = await engine.importModel(TINY_MODEL, nothing, signal);
  model = { path: TINY_MODEL, hash };
  subspace = await discovered({}, null);
  global = await discovered({ shift: 'GLOBAL', samplingSteps: 2 }, subspace.statistics);
  blocks = await discovered({ shift: 'BLOCK', orthonormal: false }, subspace.statistics);
});
afterAll(() => engine.close());

async function discovered(change: object, known: Uint8Array | null): Promise<DirectionBankRef> {
  let [statistics, parameters] = [known ?? new Uint8Array(), new Uint8Array()];
  const options = { state: null, statistics: known, signal, yieldTo: nothing };
  const config = { ...TINY_DISCOVERY, ...change, trainingSteps: 1 };
  for await (const event of engine.discover(model, config, options)) {
    if (event.type === 'statistics') statistics = new Uint8Array(event.bytes);
    if (event.type === 'checkpoint') parameters = new Uint8Array(event.parameters);
  }
  return { statistics, parameters };
}

const merge = (change: Partial<MergeRequest>) =>
  engine.merge(
    model,
    {
      parts: [{ bank: subspace, directionIndex: 0, weight: 1 }],
      removed: [],
      reverseProcess: 'SYMMETRIC',
      samplingSteps: 5,
      ...change,
    },
    signal,
  );

async function edited(shifts: Shift[], reverseProcess: ReverseProcess): Promise<Buffer> {
  const request = {
    seed: 3,
    shifts,
    samplingSteps: STEPS,
    reverseProcess,
    eta: 0,
    previewEvery: 100,
    previewSize: null,
  };
  for await (const event of engine.edit(model, request, signal))
    if (event.type === 'result') return sharp(event.result.bytes).raw().toBuffer();
  throw new Error('no result');
}

describe('merged directions', () => {
  it.each(['SYMMETRIC', 'ASYMMETRIC'] as const)(
    'edit as their parts do together, whatever these are made of and trained with: %s',
    async (reverseProcess) => {
      const parts = [
        { bank: subspace, directionIndex: 1, weight: 2 },
        { bank: global, directionIndex: 3, weight: -1.5 },
      ];
      const { parameters } = await merge({ parts, reverseProcess, samplingSteps: 4 });
      const bank = { statistics: subspace.statistics, parameters };
      const one = await edited([{ bank, directionIndex: 0, strength: 1.5, curve: [] }], reverseProcess);
      const mixture = parts.map(({ weight, ...part }) => ({ ...part, strength: 1.5 * weight, curve: [] }));
      const both = await edited(mixture, reverseProcess);
      const none = await edited([], reverseProcess);
      const apart = (a: Buffer, b: Buffer) => Math.max(...a.map((value, at) => Math.abs(value - (b[at] ?? 0))));
      // Float32 sums in another order may fall to either side of the border of two levels.
      expect(apart(one, both)).toBeLessThan(2);
      expect(apart(one, none)).toBeGreaterThan(4);
    },
  );

  it('change images less along what was taken out of them', async () => {
    const removed = [
      { bank: subspace, directionIndex: 1 },
      { bank: global, directionIndex: 0 },
    ];
    const parts = [
      { bank: subspace, directionIndex: 0, weight: 1 },
      { ...removed[0]!, weight: 0.8 },
      { ...removed[1]!, weight: -0.5 },
    ];
    const { leakage, effectSize } = await merge({ parts, removed });
    expect(leakage).toHaveLength(2);
    expect(Math.max(...leakage.map(({ before }) => before))).toBeGreaterThan(0.3);
    for (const { before, after } of leakage) expect(after).toBeLessThan(Math.max(0.1, before / 3));
    expect(effectSize).toBeGreaterThan(0);
  });

  it('are refused where they depend on the sample, or nothing would be left', async () => {
    const block = { bank: blocks, directionIndex: 0 };
    await expect(merge({ parts: [{ ...block, weight: 1 }] })).rejects.toThrow(/BLOCK/);
    await expect(merge({ removed: [block] })).rejects.toThrow(/BLOCK/);
    const own = { bank: subspace, directionIndex: 0 };
    await expect(merge({ parts: [{ ...own, weight: 3 }], removed: [own] })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe('the least squares', () => {
  it('leave a remainder orthogonal to every part, also where two parts are the same', () => {
    const [a, b, c] = [Float64Array.of(1, 2, 0), Float64Array.of(0, 1, 1), Float64Array.of(3, -1, 2)];
    for (const parts of [
      [a, b],
      [a, a, b],
    ]) {
      const shares = leastSquares(parts, c);
      const rest = c.map((value, at) => value - parts.reduce((sum, part, k) => sum + shares[k]! * part[at]!, 0));
      for (const part of parts) expect(cosine(rest, part)).toBeLessThan(1e-9);
    }
  });
});
