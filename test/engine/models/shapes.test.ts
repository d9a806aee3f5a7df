import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { galleryOf } from '../../../scripts/support/gallery.js';
import type { DiscoveryEvent, Engine } from '../../../src/engine/contract.js';
import { engineOn } from '../../../src/engine/engine.js';
import { quadrants } from '../../../src/engine/learning/convnet.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { blankStatistics, encodeStatistics } from '../../../src/engine/shift/statistics.js';
import { fixture, TINY_DISCOVERY } from '../../helpers/models.js';
import { evaluate, generator, gradientErrors, randomTensor, TOLERANCE } from '../../helpers/numeric.js';

/** Models whose images are not square, not of a power of two, or of another number of channels than three. */
const signal = new AbortController().signal;
const nothing = async () => {};
let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = engineOn(await openDevice('cpu', 1));
  folder = mkdtempSync(join(tmpdir(), 'azimuth-shapes-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

describe.each<[string, string, readonly [number, number] | null, readonly [number, number]]>([
  ['of one channel, twice as wide as high', 'resampling-gelu', null, [8, 16]],
  ['whose extents the reconstructor halves to odd ones', 'resampling-gelu', [24, 40], [24, 40]],
  ['of four channels and classes', 'classes-relu', null, [8, 8]],
])('a model %s', (_, name, size, [height, width]) => {
  it('is discovered in and shown at its own extent', async () => {
    cpSync(fixture(`variants/${name}`), folder, { recursive: true });
    const path = join(folder, 'config.json');
    // Weights do not depend on the extent.
    const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (size) writeFileSync(path, JSON.stringify({ ...config, sample_size: size }));
    const { hash } = await engine.importModel(folder, nothing, signal);
    // Statistics of h know nothing of the image's shape: they are measured once, for an h of 16 numbers.
    const statistics = height === 8 && width === 16 ? null : encodeStatistics(blankStatistics(await loadModel(folder)));
    const options = { state: null, statistics, signal, yieldTo: nothing };
    const events: DiscoveryEvent[] = [];
    const training = { ...TINY_DISCOVERY, trainingSteps: 2 };
    for await (const event of engine.discover({ path: folder, hash }, training, options)) events.push(event);
    const previews = events.flatMap((event) => (event.type === 'preview' ? [event.shifted] : []));
    const losses = events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
    expect(losses).toHaveLength(2);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(previews.length).toBeGreaterThan(0);
    for (const preview of previews) expect(preview).toMatchObject({ height, width });
    const [picture] = await galleryOf(engine, { path: folder, hash }, [1], 2);
    expect(picture).toMatchObject({ height, width });
    rmSync(folder, { recursive: true });
  }, 600_000);
});

describe('features of quadrants', () => {
  it('share the middle of an odd extent', async () => {
    const x = randomTensor([1, 1, 3, 5], generator(1));
    const cell = (row: number, column: number) => x.data[row * 5 + column] ?? 0;
    const mean = (rows: number[], columns: number[]) =>
      rows.flatMap((row) => columns.map((column) => cell(row, column))).reduce((sum, value) => sum + value, 0) / 6;
    const made = await evaluate((tape, [input]) => quadrants(tape, input!), [x]);
    const [top, bottom, left, right] = [
      [0, 1],
      [1, 2],
      [0, 1, 2],
      [2, 3, 4],
    ];
    const expected = [mean(top!, left!), mean(top!, right!), mean(bottom!, left!), mean(bottom!, right!)];
    expect(made.shape).toEqual([1, 4]);
    made.data.forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 5);
    });
    const errors = await gradientErrors((tape, [input]) => quadrants(tape, input!), [x], 2);
    for (const error of errors) expect(error).toBeLessThan(TOLERANCE.finiteDifference);
  });
});
