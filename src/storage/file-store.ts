import { createHash } from 'node:crypto';
import { and, asc, eq } from 'drizzle-orm';
import type { Database } from './connection.js';
import { fileChunk, storedFile } from './tables.js';

/** One piece of a file: what is in memory at once, some few times over. */
export const CHUNK_BYTES = 4 * 2 ** 20;

/** Files by the SHA-256 (hex) of their bytes, in pieces of at most {@link CHUNK_BYTES}. */
export interface FileStore {
  /** Where it is, for a message. */
  readonly name: string;
  has(hash: string): Promise<boolean>;
  /** Keeps a file, whole or not at all; throws where `chunks` are not what `hash` says. Repeating is safe, by two at once too. */
  put(hash: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Null where it is not there. */
  read(hash: string): Promise<AsyncIterable<Uint8Array> | null>;
}

/** Files as rows of the database: nothing else has to be set up, and its backup has them. */
export class DatabaseFiles implements FileStore {
  readonly name = 'the database';

  constructor(private readonly database: Database) {}

  async has(hash: string): Promise<boolean> {
    const rows = await this.database.select().from(storedFile).where(eq(storedFile.hash, hash));
    return rows.length > 0;
  }

  async put(hash: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    if (await this.has(hash)) return;
    let [place, byteSize] = [0, 0];
    const digest = createHash('sha256');
    for await (const bytes of chunks) {
      digest.update(bytes);
      // Of another one that puts the same file, or of one that was killed as it did: the same bytes.
      await this.database.insert(fileChunk).values({ hash, place, bytes }).onConflictDoNothing();
      place += 1;
      byteSize += bytes.byteLength;
    }
    if (digest.digest('hex') !== hash) {
      await this.database.delete(fileChunk).where(eq(fileChunk.hash, hash));
      throw new Error(`the file with SHA-256 ${hash} changed while it was stored`);
    }
    // From here on it is there, and readers look for nothing else.
    await this.database.insert(storedFile).values({ hash, byteSize }).onConflictDoNothing();
  }

  async read(hash: string): Promise<AsyncIterable<Uint8Array> | null> {
    return (await this.has(hash)) ? this.chunks(hash) : null;
  }

  private async *chunks(hash: string): AsyncGenerator<Uint8Array> {
    for (let place = 0; ; place += 1) {
      const [row] = await this.database
        .select({ bytes: fileChunk.bytes })
        .from(fileChunk)
        .where(and(eq(fileChunk.hash, hash), eq(fileChunk.place, place)))
        .orderBy(asc(fileChunk.place));
      if (!row) return;
      yield row.bytes;
    }
  }
}
