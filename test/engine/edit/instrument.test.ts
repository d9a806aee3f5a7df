import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectionBankRef, EditEvent, EditFrame, EditRequest, Engine, Shift } from '../../../src/engine/index.js';
import { createEngine } from '../../../src/engine/index.js';
import { TINY_DISCOVERY, TINY_MODEL } from '../../helpers/models.js';

/** Edits of images and sweeps: what they share with edits of seeds, and what they add. */

const signal = new AbortController().signal;
const nothing = async () => {};
let engine: Engine;
let model: { path: string; hash: string };
let bank: DirectionBankRef;
let blocks: DirectionBankRef;

beforeAll(async () => {
  engine = await createEngine({ device: 'cpu' });
  const { hash } = await engine.importModel(TINY_MODEL, nothing, signal);
  model = { path: TINY_MODEL, hash };
  bank = await discovered({}, null);
  blocks = await discovered({ shift: 'BLOCK', orthonormal: false }, bank.statistics);
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

const REQUEST: EditRequest = {
  seed: 5,
  shifts: [],
  samplingSteps: 6,
  reverseProcess: 'SYMMETRIC',
  eta: 0,
  previewEvery: 1,
  previewSize: null,
};
const shift = (strength: number, fields: Partial<Shift> = {}): Shift => ({
  bank,
  directionIndex: 1,
  strength,
  curve: [],
  ...fields,
});

interface Run {
  readonly frames: EditFrame[];
  readonly result: string;
  readonly original: string;
}
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Pixels a side of which eight samples fit into a session run. */
const SIDE = 45;

async function gathered(events: AsyncIterable<EditEvent>): Promise<Run> {
  const frames: EditFrame[] = [];
  for await (const event of events) {
    if (event.type === 'frame') frames.push(event);
    else return { frames, result: text(event.result.bytes), original: text(event.original.bytes) };
  }
  throw new Error('no result');
}
const run = (change: Partial<EditRequest>) => gathered(engine.edit(model, { ...REQUEST, ...change }, signal));

/** Everything of a sweep, by variation. */
async function swept(variations: Shift[][], change: Partial<EditRequest> = {}, skip: readonly number[] = []) {
  const { shifts: _, coarseSteps: __, ...request } = { ...REQUEST, ...change };
  const events: EditEvent[][] = variations.map(() => []);
  const options = { signal, yieldTo: nothing, shouldSkip: (variation: number) => skip.includes(variation) };
  for await (const { variation, ...event } of engine.sweep(
    model,
    { ...request, batch: engine.sweepBatch(variations.length, SIDE), variations },
    options,
  ))
    events[variation]?.push(event);
  return Promise.all(
    events.map(async (own) =>
      own.length === 0
        ? null
        : gathered(
            (async function* () {
              yield* own;
            })(),
          ),
    ),
  );
}

const pixels = async (bytes: Uint8Array | string) =>
  sharp(typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : bytes)
    .removeAlpha()
    .raw()
    .toBuffer();

async function decibels(a: Uint8Array | string, b: Uint8Array | string): Promise<number> {
  const [first, second] = await Promise.all([pixels(a), pixels(b)]);
  const squares = first.reduce((sum, value, at) => sum + (value - (second[at] ?? 0)) ** 2, 0);
  // Two equal pictures count as 100 dB.
  return Math.min(100, 10 * Math.log10((255 ** 2 * first.length) / squares));
}

describe('an inverted image', () => {
  it('comes back when it is sampled, as well as the psnr says; strength 0 changes no byte', async () => {
    const own = Buffer.from((await run({ samplingSteps: 50 })).result, 'base64');
    const image = { bytes: own, fit: 'CROP', samplingSteps: 50 } as const;
    const { latents, psnr } = await engine.invert(model, image, signal);
    const plain = await run({ latents, samplingSteps: 50 });
    expect(psnr).toBeGreaterThan(30);
    expect(await decibels(plain.original, own)).toBeCloseTo(psnr, 6);
    const none = await run({ latents, samplingSteps: 50, shifts: [shift(0), shift(0, { bank: blocks })] });
    expect(none.result).toBe(plain.result);
    expect(none.result).toBe(none.original);
    const moved = await run({ latents, samplingSteps: 50, shifts: [shift(4)] });
    expect(moved.original).toBe(plain.original);
    expect(moved.result).not.toBe(plain.result);
  });

  it('comes back at few steps too, where a plain inversion does not bring it', async () => {
    const own = Buffer.from((await run({ samplingSteps: 10, seed: 8 })).result, 'base64');
    const { psnr } = await engine.invert(model, { bytes: own, fit: 'CROP', samplingSteps: 10 }, signal);
    expect(psnr).toBeGreaterThan(30);
  });

  it.each([
    ['CROP', [16, 8]],
    ['PAD', [8, 4]],
    ['STRETCH', [16, 8]],
  ] as const)('of another shape is fitted: %s', async (fit, [width, height]) => {
    const red = await sharp({ create: { width, height, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    const small = await sharp(red).resize(8, 8, { fit: 'fill' }).png().toBuffer();
    const fitted = await engine.invert(model, { bytes: red, fit, samplingSteps: 4 }, signal);
    const same = await engine.invert(model, { bytes: small, fit: 'CROP', samplingSteps: 4 }, signal);
    // One colour everywhere: cropped, padded with its edges or stretched, it stays the same picture.
    expect(text(fitted.latents)).toBe(text(same.latents));
  });

  it('is refused if it cannot be read', async () => {
    const image = { bytes: Uint8Array.of(1, 2, 3), fit: 'CROP', samplingSteps: 4 } as const;
    await expect(engine.invert(model, image, signal)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('a sweep', () => {
  const strengths = [-4, -2, 0, 1, 2, 3, 4, 5, 6, 7];
  const late = [
    { t: 0.5, weight: 0 },
    { t: 0.6, weight: 1 },
  ];

  it('gives for each variation the bytes of an edit with the same rows, and the unedited ones at strength 0', async () => {
    const variations = strengths.map((strength) => [shift(strength)]);
    const batch = engine.sweepBatch(variations.length, SIDE);
    expect(batch).toBeLessThan(variations.length);
    const all = await swept(variations);
    for (const [index, shifts] of variations.entries()) {
      const alone = await run({ shifts, batch });
      expect([all[index]?.result, all[index]?.original]).toEqual([alone.result, alone.original]);
      expect(all[index]?.frames.map(({ image }) => text(image.bytes))).toEqual(
        alone.frames.map(({ image }) => text(image.bytes)),
      );
    }
    expect(all[2]?.result).toBe(all[2]?.original);
    expect(new Set(all.map((one) => one?.result)).size).toBe(strengths.length);
  });

  it('mixes kinds and curves, each row its own', async () => {
    const variations = [
      [shift(3, { curve: late })],
      [shift(2), shift(3, { bank: blocks, directionIndex: 2 })],
      [shift(-3, { bank: blocks, directionIndex: 2, curve: late })],
    ];
    const all = await swept(variations, { eta: 0.5, reverseProcess: 'ASYMMETRIC' });
    for (const [index, shifts] of variations.entries()) {
      const alone = await run({ shifts, eta: 0.5, reverseProcess: 'ASYMMETRIC', batch: engine.sweepBatch(3, SIDE) });
      expect(all[index]?.result).toBe(alone.result);
    }
  });

  it('leaves out what nobody wants any more', async () => {
    const all = await swept(
      strengths.map((strength) => [shift(strength)]),
      { seed: 6 },
      [0, 3],
    );
    expect(all.map((one) => one === null)).toEqual(strengths.map((_, index) => index === 0 || index === 3));
  });
});

describe('frames', () => {
  it('have the unedited twin of their step, and the difference around middle grey', async () => {
    const { frames } = await run({ shifts: [shift(5)], previewTwins: true });
    const plain = await run({});
    for (const [index, { image, original, difference }] of frames.entries()) {
      expect(text(original!.bytes)).toBe(text(plain.frames[index]!.image.bytes));
      const [a, b, d] = await Promise.all([image, original!, difference!].map(({ bytes }) => pixels(bytes)));
      // Halved and rounded: within one level of what the rounded pictures say.
      a!.forEach((value, at) => {
        expect(Math.abs((d![at] ?? 0) - (127.5 + (value - (b![at] ?? 0)) / 2))).toBeLessThanOrEqual(1);
      });
    }
    expect((await run({})).frames[0]).toMatchObject({ original: null, difference: null });
  });

  it.each([
    ['PNG', 'png'],
    ['JPEG', 'jpeg'],
    ['WEBP', 'webp'],
  ] as const)('come as %s, of the size asked for', async (previewFormat, format) => {
    const { frames } = await run({ previewFormat, previewSize: 40, samplingSteps: 2 });
    for (const { image } of frames) {
      const metadata = await sharp(image.bytes).metadata();
      expect([metadata.format, metadata.width, image.contentType]).toEqual([format, 40, `image/${format}`]);
    }
  });

  it('of a coarse pass come first, one a step, and leave the result as it is', async () => {
    const { frames, result } = await run({ shifts: [shift(3)], coarseSteps: 2, previewEvery: 3 });
    expect(frames.map(({ coarse, stepIndex, samplingSteps }) => [coarse, stepIndex, samplingSteps])).toEqual([
      [true, 0, 2],
      [true, 1, 2],
      [false, 0, 6],
      [false, 3, 6],
      [false, 5, 6],
    ]);
    expect(result).toBe((await run({ shifts: [shift(3)] })).result);
  });
});

describe('quality boosting', () => {
  it('adds noise in the last steps only, the same for the original', async () => {
    const plain = await run({ shifts: [shift(3)] });
    const boosted = await run({ shifts: [shift(3)], qualityBoost: 0.5 });
    const changed = boosted.frames.map(
      ({ image }, index) => text(image.bytes) !== text(plain.frames[index]!.image.bytes),
    );
    // The first noise is added by step 3 of 6: step 4 is the first that sees it.
    expect(changed).toEqual([false, false, false, false, true, true]);
    expect((await run({ shifts: [shift(0)], qualityBoost: 0.5 })).result).toBe(boosted.original);
    expect((await run({ qualityBoost: 1 })).result).toBe((await run({ eta: 1 })).result);
  });
});

describe('edits in the midst of a training', () => {
  /** Losses and parameters; `yieldTo` is called between any two session runs. */
  async function trained(yieldTo: () => Promise<void>) {
    const losses: number[] = [];
    const parameters: string[] = [];
    const options = { state: null, statistics: bank.statistics, signal, yieldTo };
    for await (const event of engine.discover(model, { ...TINY_DISCOVERY, trainingSteps: 3 }, options)) {
      if (event.type === 'step') losses.push(event.loss);
      if (event.type === 'checkpoint') parameters.push(text(event.parameters));
    }
    return { losses, parameters };
  }

  it('leave its losses and directions as they are, and are left as they are by it', async () => {
    const alone = await trained(nothing);
    const expected = (await run({ shifts: [shift(3)] })).result;
    let calls = 0;
    const results: string[] = [];
    const disturbed = await trained(async () => {
      calls += 1;
      if (calls % 40 === 7) results.push((await run({ shifts: [shift(3)] })).result);
    });
    expect(disturbed).toEqual(alone);
    expect(results.length).toBeGreaterThan(1);
    expect(new Set(results)).toEqual(new Set([expected]));
  });
});
