import type { Work } from '../storage/index.js';

const MAX_BYTES = 256 * 2 ** 20;

/**
 * Blobs that edits need again and again: parameters and statistics of directions, latents of images. The same hash gives
 * the same array as long as it is kept, by which the engine knows what it has decoded already.
 */
export class BlobCache {
  private readonly kept = new Map<string, Uint8Array>();
  private byteSize = 0;

  constructor(private readonly work: Pick<Work, 'blob'>) {}

  async get(hash: string): Promise<Uint8Array> {
    const read = this.kept.get(hash) ?? (await this.work.blob(hash));
    // Somebody else may have read it meanwhile.
    const bytes = this.kept.get(hash) ?? read;
    if (!this.kept.has(hash)) this.byteSize += bytes.byteLength;
    this.kept.delete(hash);
    this.kept.set(hash, bytes);
    for (const [old, { byteLength }] of this.kept) {
      if (this.byteSize <= MAX_BYTES || old === hash) break;
      this.kept.delete(old);
      this.byteSize -= byteLength;
    }
    return bytes;
  }
}
