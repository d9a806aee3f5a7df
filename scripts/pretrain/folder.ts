import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const CHECKPOINT = 'checkpoint.safetensors';

/** The folder of one pretraining: the checkpoint that it resumes from, and the model that it has made so far. */
export class RunFolder {
  constructor(readonly path: string) {}

  /** `null` before the first one. */
  async checkpoint(): Promise<Uint8Array | null> {
    try {
      return await readFile(join(this.path, CHECKPOINT));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async save(checkpoint: Uint8Array, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
    await this.write(CHECKPOINT, checkpoint);
    for (const [name, bytes] of Object.entries(files)) await this.write(name, bytes);
  }

  /** Whole or not at all, whenever the process or the machine stops: written beside, on the disk, then renamed. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.path, name);
    await mkdir(dirname(path), { recursive: true });
    const file = await open(`${path}.tmp`, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.tmp`, path);
    await syncFolder(dirname(path));
  }
}

/** So that the new name is on the disk too. Windows has no such call, and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
