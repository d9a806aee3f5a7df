import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FloatTensor } from '../../../src/engine/graph/tensor.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { readSafetensors, writeSafetensors } from '../../../src/engine/safetensors.js';
import { VERIFY_TOLERANCE, verifyModel } from '../../../src/engine/verify.js';
import { TINY_MODEL } from '../../helpers/models.js';
import { torchFile } from '../../helpers/torch-file.js';

const NAME = 'diffusion_pytorch_model';
const { tensors } = readSafetensors(readFileSync(join(TINY_MODEL, `${NAME}.safetensors`)), 'weights');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-weights-'));
  cpSync(TINY_MODEL, folder, { recursive: true });
  rmSync(join(folder, `${NAME}.safetensors`));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Format = 'safetensors' | 'bin';

function write(name: string, content: Map<string, FloatTensor>, format: Format): void {
  const bytes = format === 'bin' ? torchFile(content) : writeSafetensors({ tensors: content, metadata: {} });
  writeFileSync(join(folder, name), bytes);
}

function writeIndex(map: Record<string, unknown>, format: Format): void {
  writeFileSync(join(folder, `${NAME}.${format}.index.json`), JSON.stringify({ metadata: {}, weight_map: map }));
}

/** Three shards, tensors dealt out in turns. */
function shard(format: Format): Record<string, string> {
  const names = [1, 2, 3].map((i) => `${NAME}-0000${i}-of-00003.${format}`);
  const dealt = names.map((_, shard) => new Map([...tensors].filter((__, i) => i % 3 === shard)));
  names.forEach((name, i) => {
    write(name, dealt[i] as Map<string, FloatTensor>, format);
  });
  const map = Object.fromEntries([...tensors.keys()].map((tensor, i) => [tensor, names[i % 3] as string]));
  writeIndex(map, format);
  return map;
}

const refusal = () =>
  loadModel(folder).then(
    () => 'the model was taken',
    (error: Error) => error.message,
  );

describe('weights of a diffusers folder', () => {
  it.each<[string, Format, () => void]>([
    ['a .bin of torch.save', 'bin', () => write(`${NAME}.bin`, new Map(tensors), 'bin')],
    ['shards of safetensors', 'safetensors', () => void shard('safetensors')],
    ['shards of .bin', 'bin', () => void shard('bin')],
  ])('may be %s', async (_, __, prepare) => {
    prepare();
    const { comparisons } = await verifyModel(folder, await openDevice('cpu'));
    expect(comparisons.length).toBeGreaterThan(10);
    expect(comparisons.filter(({ error }) => !(error <= VERIFY_TOLERANCE))).toEqual([]);
  });

  it('are safetensors where both are there', async () => {
    write(`${NAME}.bin`, new Map(), 'bin');
    write(`${NAME}.safetensors`, new Map(tensors), 'safetensors');
    const { origin } = await loadModel(folder);
    expect(origin.files.map(({ path }) => path)).toEqual([join(folder, `${NAME}.safetensors`)]);
    expect(origin.weights.matched).toBe(tensors.size);
  });

  it('in shards have the hash of all of them', async () => {
    const map = shard('safetensors');
    const { hash, origin } = await loadModel(folder);
    expect(origin.files.length).toBe(3);
    const first = [...tensors.keys()].find((name) => map[name]?.includes('00003-of')) as string;
    const changed = new Map([...tensors].filter(([name]) => map[name]?.includes('00003-of')));
    const { shape, data } = changed.get(first) as FloatTensor;
    changed.set(first, { dtype: 'float32', shape, data: data.map((value) => value + 1) });
    write(`${NAME}-00003-of-00003.safetensors`, changed, 'safetensors');
    expect((await loadModel(folder)).hash).not.toBe(hash);
  });

  it.each<[string, (map: Record<string, string>) => void, RegExp]>([
    [
      'a shard is missing',
      (map) => rmSync(join(folder, Object.values(map)[1] as string)),
      /00002-of-00003.*no such file/,
    ],
    ['the index is no JSON', () => writeFileSync(join(folder, `${NAME}.safetensors.index.json`), '{'), /not JSON/],
    ['the index has no map', () => writeFileSync(join(folder, `${NAME}.safetensors.index.json`), '[]'), /weight_map/],
    ['the index is empty', () => writeIndex({}, 'safetensors'), /expected 1 to/],
    [
      'a shard climbs out',
      (map) => writeIndex({ ...map, a: '../weights.safetensors' }, 'safetensors'),
      /beside the index/,
    ],
    ['a shard is absolute', (map) => writeIndex({ ...map, a: '/etc/passwd' }, 'safetensors'), /beside the index/],
    ['a shard is a number', (map) => writeIndex({ ...map, a: 3 }, 'safetensors'), /beside the index, got 3/],
    [
      'a tensor is not where the index says',
      (map) => writeIndex({ ...map, 'conv_in.bias': Object.values(map)[2] }, 'safetensors'),
      /conv_in\.bias/,
    ],
  ])('are refused where %s', async (_, change, message) => {
    change(shard('safetensors'));
    expect(await refusal()).toMatch(message);
  });
});
