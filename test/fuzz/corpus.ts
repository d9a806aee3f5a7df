import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Random } from '../../scripts/support/random.js';
import { EngineError } from '../../src/engine/errors.js';
import { loadModel } from '../../src/engine/models/load-model.js';
import type { LoadedModel } from '../../src/engine/models/loaded-model.js';
import { Tape } from '../../src/engine/ops/tape.js';
import { allocatedBy } from './allocation.js';
import { LARGE, MUTATORS, type Mutator } from './mutators.js';
import { formatOf, type Seed, seeds } from './seeds.js';

/** One broken model. */
export interface Case {
  readonly index: number;
  /** Which seed, which file, and how it was broken. */
  readonly title: string;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly entry: string;
}

export interface Outcome {
  readonly title: string;
  readonly kind: 'refused' | 'imported' | 'failed';
  /** What the refusal says, or what is wrong. */
  readonly message: string;
}

/**
 * What a model may ask for in typed arrays, for each byte of its files: see WeightFile, which allows four of reading and four of
 * making; a checkpoint's weights may be made once more in another order. The rest is for chunks, pickles and schedules.
 */
const BYTES_PER_BYTE = 12;
const BYTES_BESIDE = 32 * 2 ** 20;

const TAKES_LARGE: ReadonlySet<string> = new Set(['diffusers', 'diffusers, .bin', 'ddim']);

/** Cases 0…count of a seed: first every mutation of every file, then any, up to three at once. */
export function* corpus(seed: number, count: number): Generator<Case> {
  const models = seeds();
  const all = models.flatMap((model) =>
    [...model.files.keys()].flatMap((file) =>
      Object.keys(MUTATORS[formatOf(file)])
        .filter((mutator) => !LARGE.has(mutator) || TAKES_LARGE.has(model.name))
        .map((mutator) => ({ model, file, mutator })),
    ),
  );
  const shuffled = shuffle(all, new Random(seed));
  for (let index = 0; index < count; index += 1) {
    const random = new Random((seed * 1_000_003 + index) >>> 0);
    const { model, file, mutator } =
      index < shuffled.length ? (shuffled[index] as (typeof all)[number]) : random.pick(all);
    yield mutated(model, file, mutator, index, random, index < shuffled.length ? 1 : 1 + random.below(3));
  }
}

function shuffle<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => [random.next(), item] as const);
  return keyed.sort(([a], [b]) => a - b).map(([, item]) => item);
}

function mutated(model: Seed, file: string, first: string, index: number, random: Random, times: number): Case {
  const table = MUTATORS[formatOf(file)];
  const names = [
    first,
    ...Array.from({ length: times - 1 }, () => random.pick(Object.keys(table).filter((name) => !LARGE.has(name)))),
  ];
  const original = model.files.get(file) ?? Buffer.alloc(0);
  const bytes = names.reduce((made, name) => broken(made, table[name] as Mutator, random), original);
  const files = new Map(model.files).set(file, bytes);
  return { index, title: `${model.name}: ${file}: ${names.join(', ')}`, files, entry: model.entry ?? '' };
}

/** What is too broken already for a mutation to find its place is left as it is. */
function broken(bytes: Buffer, mutator: Mutator, random: Random): Buffer {
  try {
    return bytes.length > 0 ? mutator(bytes, random) : bytes;
  } catch (error) {
    if (error instanceof RangeError) return bytes;
    throw error;
  }
}

/** Loads a case from a folder of its own, and judges how it ends. */
export async function run({ title, files, entry }: Case): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-fuzz-'));
  let outcome: Outcome = { title, kind: 'failed', message: 'it did not end' };
  try {
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    const made = await allocatedBy(async () => {
      outcome = { title, ...(await load(join(folder, entry))) };
    });
    const size = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    const limit = BYTES_PER_BYTE * size + BYTES_BESIDE;
    return made <= limit
      ? outcome
      : { title, kind: 'failed', message: `it asked for ${made} bytes; at most ${limit} are allowed` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function load(path: string): Promise<Omit<Outcome, 'title'>> {
  try {
    const problem = flawOf(await loadModel(path));
    return problem ? { kind: 'failed', message: problem } : { kind: 'imported', message: '' };
  } catch (error) {
    if (error instanceof EngineError && error.code === 'MODEL_INVALID') {
      const { message } = error;
      if (message.length > 0 && message.length < 20_000) return { kind: 'refused', message };
      return { kind: 'failed', message: `a refusal of ${message.length} characters: ${message.slice(0, 200)}…` };
    }
    return { kind: 'failed', message: `no EngineError: ${(error as Error).stack ?? String(error)}` };
  }
}

/** What is wrong with a model that was imported: every step of it must have the shapes that it claims. */
function flawOf(model: LoadedModel): string | null {
  const [channels, height, width] = model.sampleShape;
  // A larger image is as well described, and only takes longer to look at.
  if (channels * height * width > 2 ** 22) return null;
  const tape = new Tape();
  const x = tape.input('x', [1, ...model.sampleShape]);
  const features = tape.input('features', [1, model.featureCount]);
  const encoded = model.encode(tape, x, features);
  const out = model.decode(tape, encoded.h, encoded);
  const { shape, data } = model.timestepFeatures(model.schedule.trainTimesteps - 1);
  if (encoded.h.shape.join() !== [1, ...model.hShape].join()) return `h is [${encoded.h.shape}], not [${model.hShape}]`;
  if (out.shape.join() !== x.shape.join()) return `the output is [${out.shape}], x is [${x.shape}]`;
  if (shape.join() !== `1,${model.featureCount}` || !data.every(Number.isFinite)) return 'the features are not finite';
  if (!model.schedule.alphasCumprod.every((alpha) => alpha >= 0 && alpha <= 1)) return 'the schedule leaves 0…1';
  return model.parameterCount > 0 ? null : 'it has no parameters';
}
