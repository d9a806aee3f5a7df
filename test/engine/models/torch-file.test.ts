import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/engine/errors.js';
import { readStates } from '../../../src/engine/models/files/states.js';
import { loadAll } from '../../../src/engine/models/files/stored-tensor.js';
import { WeightFile } from '../../../src/engine/models/files/weight-file.js';
import { readSafetensors } from '../../../src/engine/safetensors.js';
import { sharedStorage } from '../../fuzz/mutators-torch.js';
import { fixture } from '../../helpers/models.js';

const FOLDER = fixture('torch');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.pt'));
const GOOD = FILES.filter((name) => readdirSync(FOLDER).includes(name.replace('.pt', '.safetensors')));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-torch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every tensor of a file under `<place of its table>/<name>`. */
async function tensorsOf(path: string) {
  const file = await WeightFile.open(path);
  try {
    const all = new Map<string, { shape: readonly number[]; data: readonly number[] }>();
    for (const { path: place, tensors } of await readStates(file))
      for (const [name, { shape, data }] of await loadAll(tensors))
        all.set(`${place}/${name}`, { shape, data: [...data] });
    return all;
  } finally {
    await file.close();
  }
}

async function refusalOf(path: string): Promise<string> {
  const error = await tensorsOf(path).then(
    () => new Error('the file was read'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EngineError);
  expect((error as EngineError).code).toBe('MODEL_INVALID');
  return (error as EngineError).message;
}

describe('a file of torch.save', () => {
  it('comes in every kind that the tests have', () => {
    expect(GOOD.length).toBe(7);
  });

  it.each(GOOD)('%s holds what PyTorch says', async (name) => {
    const expected = readSafetensors(readFileSync(join(FOLDER, name.replace('.pt', '.safetensors'))), name).tensors;
    const found = await tensorsOf(join(FOLDER, name));
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [key, { shape, data }] of expected)
      expect([key, found.get(key)]).toEqual([key, { shape, data: [...data] }]);
  });

  it.each([
    ['hostile-system', /asks for (posix|nt)\.system, which could run code.*state_dict/],
    ['hostile-eval', /asks for (__builtin__|builtins)\.eval/],
    ['hostile-getattr', /asks for (__builtin__|builtins)\.getattr/],
    ['hostile-tensor', /asks for torch\.serialization\.load/],
    ['hostile-object', /asks for argparse\.Namespace/],
    ['legacy', /before 1\.6 wrote; save it again/],
    ['script', /TorchScript/],
  ])('%s is refused, and nothing is run', async (name, message) => {
    expect(await refusalOf(join(FOLDER, `${name}.pt`))).toMatch(message);
  });

  it('with a damaged tensor is refused by its checksum', async () => {
    const bytes = readFileSync(join(FOLDER, 'module.pt'));
    const weight = readSafetensors(readFileSync(join(FOLDER, 'module.safetensors')), 'module').tensors.get('/0.weight');
    const at = bytes.indexOf(Buffer.from(weight!.data.buffer, weight!.data.byteOffset, 16));
    expect(at).toBeGreaterThan(0);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(join(folder, 'damaged.pt'), bytes);
    expect(await refusalOf(join(folder, 'damaged.pt'))).toMatch(/checksum/);
  });

  it('cut short anywhere is refused', async () => {
    const bytes = readFileSync(join(FOLDER, 'types.pt'));
    for (let length = 0; length < bytes.length; length += 97) {
      writeFileSync(join(folder, 'short.pt'), bytes.subarray(0, length));
      await refusalOf(join(folder, 'short.pt'));
    }
  });

  it.each<[string, number, readonly number[], RegExp]>([
    ['shares one storage among a hundred tensors', 100, [50_000], /share bytes too often|at most 4 times/],
    [
      'repeats one element by a stride of 0',
      1,
      [60_000, 60_000],
      /3600000000 elements; tensors may take at most 4 times/,
    ],
  ])('that %s is refused before it is read', async (_, times, shape, message) => {
    const strides = shape.length === 1 ? [1] : [0, 0];
    writeFileSync(join(folder, 'shared.pt'), sharedStorage(times, 50_000, shape, strides));
    expect(await refusalOf(join(folder, 'shared.pt'))).toMatch(message);
  });

  it('may have any name, and other files none', async () => {
    cpSync(join(FOLDER, 'types.pt'), join(folder, 'weights.safetensors'));
    expect((await tensorsOf(join(folder, 'weights.safetensors'))).size).toBe(10);
    writeFileSync(join(folder, 'a.pt'), 'version https://git-lfs.github.com/spec/v1\noid sha256:00\n');
    expect(await refusalOf(join(folder, 'a.pt'))).toMatch(/git lfs pull/);
    writeFileSync(join(folder, 'b.pt'), '<!DOCTYPE html><html></html>');
    expect(await refusalOf(join(folder, 'b.pt'))).toMatch(/web page/);
    writeFileSync(join(folder, 'c.pt'), '');
    expect(await refusalOf(join(folder, 'c.pt'))).toMatch(/neither/);
    expect(await refusalOf(folder)).toMatch(/expected a file of weights/);
  });
});
