import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderCache } from '../../src/jobs/files/folder-cache.js';
import { digestOf, writeChecked } from '../../src/jobs/files/local-file.js';
import { ModelFiles } from '../../src/jobs/files/model-files.js';
import { treeOf } from '../../src/jobs/files/model-tree.js';
import {
  CHUNK_BYTES,
  DatabaseFiles,
  type FileStore,
  readS3Place,
  S3Files,
  type StoredModel,
} from '../../src/storage/index.js';
import type { ModelRow } from '../../src/storage/types.js';
import { TestDatabase } from '../helpers/database.js';
import { fixture, TINY_MODEL } from '../helpers/models.js';
import { generator } from '../helpers/numeric.js';
import { ObjectStorage } from '../helpers/object-storage.js';

let folder: string;
let db: TestDatabase;
let storage: ObjectStorage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'azimuth-files-'));
  db = await TestDatabase.start();
  storage = await ObjectStorage.start();
});
afterAll(async () => {
  await storage.stop();
  await db.close();
  await rm(folder, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** More than two pieces, and none of them whole at the end. */
function bytesOf(seed: number, length = 2 * CHUNK_BYTES + 12_345): Uint8Array {
  const random = generator(seed);
  return Uint8Array.from({ length }, () => 256 * random());
}
async function* pieces(bytes: Uint8Array, size = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}
async function joined(chunks: AsyncIterable<Uint8Array> | null): Promise<Buffer | null> {
  if (!chunks) return null;
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe.each([
  ['the database', async () => new DatabaseFiles(db.database)],
  ['S3-compatible storage', async () => S3Files.open(readS3Place(storage.environment)!)],
] as const)('a file in %s', (_, open) => {
  let store: FileStore;
  beforeAll(async () => {
    store = await open();
  });

  it('comes back as it was, put by two at once too', async () => {
    const bytes = bytesOf(1);
    const hash = sha256(bytes);
    expect(await store.has(hash)).toBe(false);
    expect(await store.read(hash)).toBeNull();
    await Promise.all([store.put(hash, pieces(bytes)), store.put(hash, pieces(bytes))]);
    expect(await store.has(hash)).toBe(true);
    expect((await joined(await store.read(hash)))?.equals(bytes)).toBe(true);
  });

  it('that was put by half is not there, and is whole once it was put again', async () => {
    const bytes = bytesOf(2);
    const hash = sha256(bytes);
    const broken = async function* () {
      yield bytes.subarray(0, CHUNK_BYTES);
      throw new Error('the process died');
    };
    await expect(store.put(hash, broken())).rejects.toThrow('died');
    expect(await store.read(hash)).toBeNull();
    await store.put(hash, pieces(bytes));
    expect((await joined(await store.read(hash)))?.equals(bytes)).toBe(true);
  });

  it('that changed while it was put is refused, and the right one can follow', async () => {
    const bytes = bytesOf(3);
    await expect(store.put(sha256(bytes), pieces(bytesOf(4)))).rejects.toThrow('changed');
    expect(await store.has(sha256(bytes))).toBe(false);
    await store.put(sha256(bytes), pieces(bytes));
    expect((await joined(await store.read(sha256(bytes))))?.equals(bytes)).toBe(true);
  });

  it('may be empty', async () => {
    const hash = sha256(new Uint8Array());
    await store.put(hash, pieces(new Uint8Array()));
    expect(await joined(await store.read(hash))).toEqual(Buffer.alloc(0));
  });
});

describe('S3-compatible storage', () => {
  it('is asked again where it refuses for a passing reason, and gets no piece larger than a few MiB', async () => {
    const store = await S3Files.open(readS3Place(storage.environment)!);
    const bytes = bytesOf(5);
    storage.failures = 2;
    await store.put(sha256(bytes), pieces(bytes));
    storage.failures = 1;
    expect((await joined(await store.read(sha256(bytes))))?.equals(bytes)).toBe(true);
    expect(storage.largestBytes).toBeLessThanOrEqual(CHUNK_BYTES);
    expect([...storage.objects.keys()].every((path) => path.startsWith('/bucket/some/prefix/'))).toBe(true);
  });

  it('that refuses the key is named, and the secret is not', async () => {
    const store = await S3Files.open({ ...readS3Place(storage.environment)!, secretAccessKey: 'wrong-secret' });
    const refused = store.has('0'.repeat(64));
    await expect(refused).rejects.toThrow(/s3:\/\/bucket\/some\/prefix: .*answers 403 \(SignatureDoesNotMatch\)/);
    await expect(refused).rejects.not.toThrow('wrong-secret');
  });
});

describe('the cache of folders', () => {
  const fill = (bytes: number) => async (target: string) => {
    await mkdir(join(target, 'unet'));
    await writeFile(join(target, 'unet', 'weights'), new Uint8Array(bytes));
  };
  const names = async (root: string) => (await readdir(root)).sort();

  it('keeps what was used last within its bytes', async () => {
    const root = join(folder, 'lru');
    const cache = new FolderCache(root, 1000, 0);
    const age = (name: string, seconds: number) => utimes(join(root, name), 0, Date.now() / 1000 - seconds);
    await cache.folder('a', 400, fill(400));
    await cache.folder('b', 400, fill(400));
    await age('a', 200);
    await age('b', 100);
    // Used again: it is the other one's turn to go.
    await cache.folder('a', 400, fill(400));
    await cache.folder('c', 400, fill(400));
    expect(await names(root)).toEqual(['a', 'c']);
  });

  it('does not take away what was used a moment ago', async () => {
    const root = join(folder, 'grace');
    const cache = new FolderCache(root, 1000);
    for (const key of ['a', 'b', 'c']) await cache.folder(key, 400, fill(400));
    expect(await names(root)).toEqual(['a', 'b', 'c']);
  });

  it('refuses what can never fit, and says by which variable', async () => {
    const cache = new FolderCache(join(folder, 'small'), 1000);
    await expect(cache.folder('a', 1001, fill(1001))).rejects.toThrow(/AZIMUTH_CACHE_BYTES: .* 1001 bytes.* 1000/);
  });

  it('is shared by two workers, who fill the same folder at once', async () => {
    const root = join(folder, 'shared');
    let fills = 0;
    const slow = async (target: string) => {
      fills += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      await fill(10)(target);
    };
    const [one, other] = [new FolderCache(root, 1000), new FolderCache(root, 1000)];
    const paths = await Promise.all([
      one.folder('a', 10, slow),
      one.folder('a', 10, slow),
      other.folder('a', 10, slow),
    ]);
    expect(new Set(paths)).toEqual(new Set([join(root, 'a')]));
    expect(fills).toBe(2);
    expect(await names(root)).toEqual(['a']);
    expect((await stat(join(root, 'a', 'unet', 'weights'))).size).toBe(10);
  });

  it('keeps nothing of a folder that could not be filled', async () => {
    const root = join(folder, 'failing');
    const damaged = (target: string) => writeChecked(join(target, 'weights'), '0'.repeat(64), pieces(bytesOf(6, 100)));
    await expect(new FolderCache(root, 1000).folder('a', 100, damaged)).rejects.toThrow(
      'expected content with SHA-256 000',
    );
    expect(await names(root)).toEqual([]);
  });
});

describe('the files of a model', () => {
  it('are weights and settings, and nothing else that lies there', async () => {
    const place = join(folder, 'model');
    await cp(TINY_MODEL, place, { recursive: true });
    await writeFile(join(place, 'passwords.json'), '{}');
    await writeFile(join(place, 'notes.txt'), 'mine');
    const weights = [{ path: join(place, 'diffusion_pytorch_model.safetensors') }];
    const files = ['config.json', 'diffusion_pytorch_model.safetensors', 'scheduler/scheduler_config.json'];
    expect(await treeOf(place, weights)).toEqual({ root: place, entry: '', files });
    expect((await treeOf(place, null)).files).toEqual(files);
    // As of a folder that is reached by a link, whose report names where it leads.
    await symlink(place, join(folder, 'link'));
    expect((await treeOf(join(folder, 'link'), weights)).files).toEqual(files);
  });

  it('of an ONNX export in unet/ have the schedule of the folder above', async () => {
    const place = join(folder, 'export');
    await mkdir(join(place, 'unet'), { recursive: true });
    await cp(fixture('google-ddpm/unet.onnx'), join(place, 'unet', 'model.onnx'));
    await cp(fixture('google-ddpm/scheduler'), join(place, 'scheduler'), { recursive: true });
    const path = join(place, 'unet', 'model.onnx');
    expect(await treeOf(path, [{ path }])).toEqual({
      root: place,
      entry: 'unet/model.onnx',
      files: ['scheduler/scheduler_config.json', 'unet/model.onnx'],
    });
    expect(existsSync(path)).toBe(true);
  });

  it('have the digest of their bytes', async () => {
    const path = join(TINY_MODEL, 'config.json');
    const bytes = await readFile(path);
    expect(await digestOf(path)).toEqual({ hash: sha256(bytes), byteSize: bytes.byteLength });
  });
});

describe('where a model is found', () => {
  it('come from the store in the moment in which the folder that they were found in is gone', async () => {
    const store = new DatabaseFiles(db.database);
    const path = join(folder, 'passing');
    await cp(TINY_MODEL, path, { recursive: true });
    let stored: StoredModel | null = null;
    const cache = new FolderCache(join(folder, 'models'), 1e9);
    const files = new ModelFiles({ main: store, others: [] }, cache, async () => stored);
    stored = await files.store(path, null);
    const model = { id: 'tiny', name: 'tiny', path, source: path, hash: 'a', tapChoice: null } as unknown as ModelRow;
    expect((await files.ref(model)).path).toBe(path);
    await rm(path, { recursive: true });
    const { path: fetched } = await files.ref(model);
    expect(fetched).toContain(join(folder, 'models'));
    for (const file of stored.files)
      expect(await digestOf(join(fetched, file.path))).toEqual({ hash: file.hash, byteSize: file.byteSize });
    expect((await files.ref(model)).path).toBe(fetched);
  });
});
