import { createHash, type Hash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CHUNK_BYTES } from '../../storage/index.js';

/** A file's bytes in pieces of one size, the last one apart. */
export async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    for (let isOver = false; !isOver; ) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      let filled = 0;
      while (filled < CHUNK_BYTES && !isOver) {
        const { bytesRead } = await file.read(buffer, filled, CHUNK_BYTES - filled);
        filled += bytesRead;
        isOver = bytesRead === 0;
      }
      if (filled > 0) yield buffer.subarray(0, filled);
    }
  } finally {
    await file.close();
  }
}

/** SHA-256 (hex) and size. */
export async function digestOf(path: string): Promise<{ hash: string; byteSize: number }> {
  const digest: Hash = createHash('sha256');
  let byteSize = 0;
  for await (const chunk of chunksOf(path)) {
    digest.update(chunk);
    byteSize += chunk.byteLength;
  }
  return { hash: digest.digest('hex'), byteSize };
}

/** Writes a file to the disk; throws where the bytes are not what `hash` says. */
export async function writeChecked(path: string, hash: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const digest = createHash('sha256');
  const file = await open(path, 'wx');
  try {
    for await (const chunk of chunks) {
      digest.update(chunk);
      await file.appendFile(chunk);
    }
    // The folder gets its name after this: a power failure leaves no name with nothing behind it.
    await file.sync();
  } finally {
    await file.close();
  }
  const got = digest.digest('hex');
  if (got !== hash) throw new Error(`${path}: expected content with SHA-256 ${hash}, got ${got}`);
}
