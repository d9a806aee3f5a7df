import { createHash } from 'node:crypto';
import { eq, inArray } from 'drizzle-orm';
import type { Queryable } from './connection.js';
import { blob, image } from './tables.js';
import type { ImageRow, Storage } from './types.js';

type Picture = Parameters<Storage['images']['put']>[0];

/** Stores bytes under their SHA-256 and gives it. */
export async function putBlob(tx: Queryable, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex');
  await tx.insert(blob).values({ hash, bytes }).onConflictDoNothing();
  return hash;
}

export async function readBlob(tx: Queryable, hash: string): Promise<Uint8Array | null> {
  const [row] = await tx.select({ bytes: blob.bytes }).from(blob).where(eq(blob.hash, hash));
  return row?.bytes ?? null;
}

/** The same bytes give the same image: its id is the front of their hash. */
export async function putImage(tx: Queryable, picture: Picture): Promise<ImageRow> {
  const row = imageRowOf(picture);
  await tx.insert(blob).values({ hash: row.blobHash, bytes: picture.bytes }).onConflictDoNothing();
  await tx.insert(image).values(row).onConflictDoNothing();
  return row;
}

/** The row that a picture has, or would have. */
export function imageRowOf({ bytes, width, height, contentType }: Picture): ImageRow {
  const blobHash = createHash('sha256').update(bytes).digest('hex');
  return { id: uuidOf(blobHash), blobHash, width, height, contentType };
}

function uuidOf(hash: string): string {
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-');
}

export function imageStore(database: Queryable): Storage['images'] {
  return {
    byIds: (ids) =>
      ids.length === 0
        ? Promise.resolve([])
        : database
            .select()
            .from(image)
            .where(inArray(image.id, [...ids])),
    bytes: async (id) => {
      const [found] = await database
        .select()
        .from(image)
        .innerJoin(blob, eq(blob.hash, image.blobHash))
        .where(eq(image.id, id));
      return found ? { row: found.image, bytes: found.blob.bytes } : null;
    },
    put: (input) => putImage(database, input),
  };
}
