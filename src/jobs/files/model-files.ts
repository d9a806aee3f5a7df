import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { EngineError, type ImportReport, type ModelRef } from '../../engine/index.js';
import { packageFile } from '../../package.js';
import type { FileStore, StoredModel } from '../../storage/index.js';
import type { ModelFileRow, ModelRow } from '../../storage/types.js';
import type { FolderCache } from './folder-cache.js';
import { chunksOf, digestOf, writeChecked } from './local-file.js';
import { treeOf } from './model-tree.js';

/** How long a folder that was found whole is only looked at, not read or asked for: an edit asks several times a second. */
const TRUSTED_MS = 5000;

interface Found {
  readonly path: string;
  readonly stored: StoredModel | null;
  readonly untilMs: number;
}

export interface FileStores {
  /** Where files are put; read first. */
  readonly main: FileStore;
  /** Where they may lie from before. */
  readonly others: readonly FileStore[];
}

/** The path that a model was imported from, on this host; one that ships with the package stands below it. */
export function sourcePath({ path, source }: Pick<ModelRow, 'path' | 'source'>): string {
  const own = path ?? source;
  return isAbsolute(own) ? own : packageFile(own);
}

/** Finds the files of models wherever this worker runs: where they were imported from, or from the store. */
export class ModelFiles {
  private readonly found = new Map<string, Found>();
  /** Hashes by path, size and time of change. */
  private readonly digests = new Map<string, string>();

  constructor(
    private readonly stores: FileStores,
    private readonly cache: FolderCache,
    private readonly rowsOf: (model: ModelRow) => Promise<StoredModel | null>,
  ) {}

  /** How the engine finds a model on this host; fetches its files where they are not here. Throws MODEL_INVALID. */
  async ref(model: ModelRow): Promise<ModelRef> {
    const known = this.found.get(model.id);
    const isGood = known && known.untilMs > performance.now() && (await isThere(known));
    const { path } = isGood ? known : await this.find(model);
    return { path, hash: model.hash ?? '', hTap: model.tapChoice };
  }

  private async find(model: ModelRow): Promise<Found> {
    const stored = await this.rowsOf(model);
    const found = { path: await this.pathOf(model, stored), stored, untilMs: performance.now() + TRUSTED_MS };
    this.found.set(model.id, found);
    return found;
  }

  private async pathOf(model: ModelRow, stored: StoredModel | null): Promise<string> {
    const own = sourcePath(model);
    if (!stored || (await this.isWhole(own, stored))) return own;
    const { entry, files } = stored;
    const bytes = files.reduce((sum, { byteSize }) => sum + byteSize, 0);
    const folder = await this.cache.folder(keyOf(files), bytes, (folder) => this.fetch(model, files, folder));
    return join(folder, entry);
  }

  /** Puts the files of the model at `path` into the store; progress in bytes. */
  async store(
    path: string,
    weights: ImportReport['files'] | null,
    onProgress: (done: number, total: number) => Promise<void> = async () => {},
  ): Promise<StoredModel> {
    const { root, entry, files: paths } = await treeOf(path, weights);
    const files: ModelFileRow[] = [];
    for (const name of paths) files.push({ path: name, ...(await this.digest(join(root, name))) });
    const total = files.reduce((sum, { byteSize }) => sum + byteSize, 0);
    let done = 0;
    for (const { path: name, hash, byteSize } of files) {
      const file = counted(chunksOf(join(root, name)), (bytes) => onProgress(done + bytes, total));
      if (!(await this.stores.main.has(hash))) await this.stores.main.put(hash, file);
      done += byteSize;
      await onProgress(done, total);
    }
    return { entry, files };
  }

  /** Whether every file lies at `path` as it was when it was stored. */
  private async isWhole(path: string, stored: StoredModel): Promise<boolean> {
    if (!(await isThere({ path, stored }))) return false;
    const root = rootOf(path, stored);
    for (const file of stored.files) {
      const digest = await this.digest(join(root, file.path)).catch(() => null);
      if (digest?.hash !== file.hash) return false;
    }
    return true;
  }

  /** Read once, and again only when the file has been written to. */
  private async digest(path: string): Promise<{ hash: string; byteSize: number }> {
    const { size, mtimeMs, ino } = await stat(path);
    const key = [path, size, mtimeMs, ino].join(' ');
    const hash = this.digests.get(key) ?? (await digestOf(path)).hash;
    this.digests.set(key, hash);
    return { hash, byteSize: size };
  }

  private async fetch(model: ModelRow, files: readonly ModelFileRow[], folder: string): Promise<void> {
    for (const { path, hash } of files)
      await writeChecked(join(folder, path), hash, await this.read(model, path, hash));
  }

  private async read(model: ModelRow, path: string, hash: string): Promise<AsyncIterable<Uint8Array>> {
    const { main, others } = this.stores;
    for (const store of [main, ...others]) {
      const chunks = await store.read(hash);
      if (chunks) return chunks;
    }
    throw new EngineError(
      'MODEL_INVALID',
      `model ${model.name}: expected ${path} (SHA-256 ${hash}) at ${sourcePath(model)} or in ${main.name}, found it in neither. ` +
        'Set AZIMUTH_BLOBS as it was when the model was imported, or import it again.',
    );
  }
}

function rootOf(path: string, { entry }: StoredModel): string {
  return entry === '' ? path : path.slice(0, -entry.length - 1);
}

/** Whether files of the right sizes lie where they were found: a folder may be deleted at any time. */
async function isThere({ path, stored }: Pick<Found, 'path' | 'stored'>): Promise<boolean> {
  if (!stored) return true;
  const root = rootOf(path, stored);
  for (const file of stored.files)
    if ((await stat(join(root, file.path)).catch(() => null))?.size !== file.byteSize) return false;
  return true;
}

/** The same files give the same folder. */
function keyOf(files: readonly ModelFileRow[]): string {
  const text = JSON.stringify(files.map(({ path, hash }) => [path, hash]));
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (done: number) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of chunks) {
    yield chunk;
    done += chunk.byteLength;
    await onBytes(done);
  }
}
