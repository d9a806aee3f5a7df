import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../engine/index.js';

const INCOMING = 'incoming-';
/** A folder that has been on its way for so long is of a process that was killed. */
const ABANDONED_MS = 6 * 3_600_000;

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/**
 * Folders by a hash of what is in them, within a number of bytes: the least recently used go first. A folder appears whole or
 * not at all, and several processes may share the cache: two that fill the same one both succeed.
 */
export class FolderCache {
  private readonly filling = new Map<string, Promise<string>>();

  constructor(
    private readonly root: string,
    private readonly maxBytes: number,
    /** What was used so lately may be being read. */
    private readonly graceMs = 60_000,
  ) {}

  /** The folder `key`, filled by `fill` with `bytes` where it is not there. Throws OUT_OF_MEMORY for what can never fit. */
  async folder(key: string, bytes: number, fill: (folder: string) => Promise<void>): Promise<string> {
    const target = join(this.root, key);
    if (await used(target)) return target;
    const filling = this.filling.get(key) ?? this.fill(target, bytes, fill);
    this.filling.set(key, filling);
    return filling.finally(() => this.filling.delete(key));
  }

  private async fill(target: string, bytes: number, fill: (folder: string) => Promise<void>): Promise<string> {
    await mkdir(this.root, { recursive: true });
    await this.makeRoom(bytes);
    const incoming = join(this.root, `${INCOMING}${randomUUID()}`);
    try {
      await mkdir(incoming);
      await fill(incoming);
      await rename(incoming, target);
    } catch (error) {
      await rm(incoming, { recursive: true, force: true });
      // Another process was faster: its folder has the same content.
      if (!(await used(target))) throw error;
    }
    return target;
  }

  private async makeRoom(bytes: number): Promise<void> {
    if (bytes > this.maxBytes) {
      const message = `AZIMUTH_CACHE_BYTES: the model's files take ${bytes} bytes, and this worker may keep ${this.maxBytes}.`;
      throw new EngineError('OUT_OF_MEMORY', `${message} Raise it.`);
    }
    const entries = (await this.entries()).sort((a, b) => a.usedMs - b.usedMs);
    let total = entries.reduce((sum, entry) => sum + entry.bytes, bytes);
    for (const { path, bytes: freed, usedMs } of entries) {
      if (total <= this.maxBytes) return;
      if (Date.now() - usedMs < this.graceMs) continue;
      // Gone by name first: whoever looks finds it whole or not at all.
      const going = join(this.root, `${INCOMING}${randomUUID()}`);
      if (
        await rename(path, going).then(
          () => true,
          () => false,
        )
      )
        await rm(going, { recursive: true, force: true });
      total -= freed;
    }
  }

  private async entries(): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const name of await readdir(this.root)) {
      const path = join(this.root, name);
      const found = await stat(path).catch(() => null);
      if (!found) continue;
      const isIncoming = name.startsWith(INCOMING);
      if (isIncoming && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
      if (!isIncoming) entries.push({ path, bytes: await bytesIn(path), usedMs: found.mtimeMs });
    }
    return entries;
  }
}

/** Marks a folder as used now; false where it is not there. */
async function used(path: string): Promise<boolean> {
  const now = new Date();
  return (
    existsSync(path) &&
    (await utimes(path, now, now).then(
      () => true,
      () => false,
    ))
  );
}

async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let sum = 0;
  for (const file of files)
    if (file.isFile()) sum += (await stat(join(file.parentPath, file.name)).catch(() => null))?.size ?? 0;
  return sum;
}
