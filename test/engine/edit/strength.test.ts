import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DirectionBankRef, Engine, ReverseProcess } from '../../../src/engine/contract.js';
import { createEngine } from '../../../src/engine/engine.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { encodeDirections } from '../../../src/engine/shift/bank.js';
import { COMPONENT_COUNT, encodeStatistics, measureStatistics } from '../../../src/engine/shift/statistics.js';
import { packageFile } from '../../../src/package.js';

const FOLDER = packageFile('models/portraits-32');
const DIRECTIONS = 2;
const SEEDS = [1, 2];
const nothing = async () => {};

let engine: Engine | undefined;
let hash: string;
let statistics: Uint8Array;

beforeAll(async () => {
  const model = await loadModel(FOLDER);
  hash = model.hash;
  statistics = encodeStatistics(await measureStatistics(model, await openDevice('cpu'), nothing, nothing));
  engine = await createEngine({ device: 'cpu' });
  // Some 13,000 steps of the UNet.
}, 900_000);
afterAll(() => engine?.close());

/** The leading components, as if trained with ten sampling steps. */
function bankOf(process: ReverseProcess): DirectionBankRef {
  const rows = floatTensor([DIRECTIONS, COMPONENT_COUNT]);
  for (let k = 0; k < DIRECTIONS; k += 1) rows.data[k * COMPONENT_COUNT + k] = 1;
  const config = {
    kind: 'SUBSPACE',
    directions: DIRECTIONS,
    fullSpatial: false,
    orthonormal: true,
    seed: 0,
    timeEmbeddingWidth: 0,
  } as const;
  return { statistics, parameters: encodeDirections(config, process, 10, rows) };
}

/** Mean RMS change of the image at strength 3, over directions and seeds. */
async function meanEffect(reverseProcess: ReverseProcess, samplingSteps: number): Promise<number> {
  const bank = bankOf(reverseProcess);
  let sum = 0;
  for (let directionIndex = 0; directionIndex < DIRECTIONS; directionIndex += 1) {
    for (const seed of SEEDS) {
      const request = { bank, directionIndex, strengths: [0, 3], seed, samplingSteps, reverseProcess };
      const strip = await engine!.filmstrip({ path: FOLDER, hash }, request, new AbortController().signal);
      const [plain, shifted] = await Promise.all(strip.map(({ bytes }) => sharp(bytes).raw().toBuffer()));
      const squares = plain!.reduce((total, value, at) => total + (value - (shifted?.[at] ?? 0)) ** 2, 0);
      sum += Math.sqrt(squares / plain!.length);
    }
  }
  return sum / (DIRECTIONS * SEEDS.length);
}

it.each(['SYMMETRIC', 'ASYMMETRIC'] as const)(
  'a strength changes the image alike at 10, 20 and 40 sampling steps, within a quarter: %s',
  async (process) => {
    const effects = [];
    for (const samplingSteps of [10, 20, 40]) effects.push(await meanEffect(process, samplingSteps));
    // Some grey levels at least: that nothing happens would be alike too.
    expect(Math.min(...effects)).toBeGreaterThan(5);
    expect(Math.max(...effects) / Math.min(...effects)).toBeLessThan(1.25);
  },
);
