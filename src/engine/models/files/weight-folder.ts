import type { Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EngineError } from '../../errors.js';
import type { FloatTensor } from '../../graph/tensor.js';
import { shown } from '../../shown.js';
import { readStates } from './states.js';
import { loadAll, type StoredTensor } from './stored-tensor.js';
import { readTextFile } from './text-file.js';
import { MAX_WEIGHT_BYTES, WeightFile } from './weight-file.js';

/** diffusers' names of a model's weights; the first that a folder has is read. */
const NAMES = ['safetensors', 'safetensors.index.json', 'bin', 'bin.index.json'].map(
  (ending) => `diffusion_pytorch_model.${ending}`,
);
const MAX_SHARDS = 1000;

export interface ReadWeights {
  readonly tensors: ReadonlyMap<string, FloatTensor>;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/**
 * Reads the weights of a diffusers folder: safetensors or `.bin`, whole or in shards with an index. The bytes of every file
 * go into `hash`. Throws MODEL_INVALID that says which file, what was expected and what was got.
 */
export async function readWeightFolder(folder: string, hash: Hash): Promise<ReadWeights> {
  const name = NAMES.find((candidate) => existsSync(join(folder, candidate)));
  if (!name) {
    throw new EngineError(
      'MODEL_INVALID',
      `${join(folder, NAMES[0] ?? '')}: expected the weights, found no such file, nor any of ${NAMES.slice(1).join(', ')}.`,
    );
  }
  if (!name.endsWith('.index.json')) return readWeightFiles(folder, new Map([[name, null]]), hash);
  return readWeightFiles(folder, await readIndex(join(folder, name)), hash);
}

/** Tensors of each shard, by file; `null`: whatever it holds. */
type Shards = ReadonlyMap<string, ReadonlySet<string> | null>;

async function readIndex(path: string): Promise<Shards> {
  const invalid = (message: string) => new EngineError('MODEL_INVALID', `${path}: ${message}`);
  let index: unknown;
  try {
    index = JSON.parse(await readTextFile(path));
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw invalid(`not JSON (${(cause as Error).message}).`);
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw invalid(`weight_map: expected an object of file names, got ${shown(map)}.`);
  const shards = new Map<string, Set<string>>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !isPlainName(file))
      throw invalid(`weight_map: ${tensor}: expected the name of a file beside the index, got ${shown(file)}.`);
    const shard = shards.get(file) ?? new Set();
    shards.set(file, shard.add(tensor));
  }
  if (shards.size === 0 || shards.size > MAX_SHARDS)
    throw invalid(`weight_map: expected 1 to ${MAX_SHARDS} files, got ${shards.size}.`);
  return new Map([...shards].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a name stays in its folder. */
export function isPlainName(name: string): boolean {
  return name === basename(name) && !name.includes('\\') && !name.includes('\0') && !['', '.', '..'].includes(name);
}

async function readWeightFiles(folder: string, shards: Shards, hash: Hash): Promise<ReadWeights> {
  const tensors = new Map<string, FloatTensor>();
  const files: { path: string; bytes: number }[] = [];
  for (const [name, expected] of shards) {
    const file = await WeightFile.open(join(folder, name));
    try {
      files.push({ path: file.path, bytes: file.size });
      if (files.reduce((sum, { bytes }) => sum + bytes, 0) > MAX_WEIGHT_BYTES)
        throw file.invalid(`the shards hold more than ${MAX_WEIGHT_BYTES} bytes.`);
      const stored = await onlyState(file);
      if (expected) checkShard(file, stored, expected);
      for (const [key, tensor] of await loadAll(stored)) tensors.set(key, tensor);
      await file.digest(hash);
    } finally {
      await file.close();
    }
  }
  return { tensors, files };
}

async function onlyState(file: WeightFile): Promise<ReadonlyMap<string, StoredTensor>> {
  const states = await readStates(file);
  const state = states.find(({ path }) => path === '') ?? (states.length === 1 ? states[0] : undefined);
  if (state) return state.tensors;
  const found = states.map(({ path }) => path).join(', ') || 'none';
  throw file.invalid(`expected one table of tensors, got ${found}.`);
}

function checkShard(file: WeightFile, stored: ReadonlyMap<string, unknown>, expected: ReadonlySet<string>): void {
  for (const name of expected) if (!stored.has(name)) throw file.invalid(`the index expects ${name} here, it is not.`);
  for (const name of stored.keys())
    if (!expected.has(name)) throw file.invalid(`it holds ${name}, which its index does not list.`);
}
