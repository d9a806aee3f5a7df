import { createHash } from 'node:crypto';
import { eq, inArray, sql } from 'drizzle-orm';
import type { Queryable } from './connection.js';
import { blob, image } from './tables.js';
import type { ImageRow, Storage } from './types.js';

export type NewImage = Parameters<Storage['images']['put']>[0];

/** Stores bytes under their SHA-256 and gives it. */
export async function putBlob(tx: Queryable, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex');
  await storeBlobs(tx, [{ hash, bytes }]);
  return hash;
}

/**
 * Those that are there are as new again, and locked until the transaction ends: nobody removes them before they are named. In
 * order, so that two who store the same cannot wait for each other.
 */
async function storeBlobs(tx: Queryable, blobs: readonly { hash: string; bytes: Uint8Array }[]): Promise<void> {
  const distinct = new Map(blobs.map((row) => [row.hash, row]));
  const rows = [...distinct.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
  await tx
    .insert(blob)
    .values(rows)
    .onConflictDoUpdate({ target: blob.hash, set: { createdAt: sql`now()` } });
}

/** Makes blobs as new again that are about to be named, or no longer are; gives the hashes of those that are there. */
export async function touchBlobs(tx: Queryable, hashes: readonly string[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set();
  const { rows } = await tx.execute<{ hash: string }>(sql`
    UPDATE ${blob} SET created_at = now() WHERE hash IN (
      SELECT hash FROM ${blob} WHERE hash = ANY(${sql.param([...hashes])}::text[]) ORDER BY hash FOR NO KEY UPDATE
    ) RETURNING hash`);
  return new Set(rows.map(({ hash }) => hash));
}

export async function readBlob(tx: Queryable, hash: string): Promise<Uint8Array | null> {
  const [row] = await tx.select({ bytes: blob.bytes }).from(blob).where(eq(blob.hash, hash));
  return row?.bytes ?? null;
}

/** As {@link readBlob}, of a blob that something names. */
export async function requireBlob(tx: Queryable, hash: string): Promise<Uint8Array> {
  const bytes = await readBlob(tx, hash);
  if (!bytes) throw new Error(`blob ${hash} is gone`);
  return bytes;
}

/** The same bytes give the same image: its id is the front of their hash. */
export async function putImage(tx: Queryable, picture: NewImage): Promise<ImageRow> {
  const [row] = await putImages(tx, [picture]);
  return row as ImageRow;
}

/** As {@link putImage}, in the order given. */
export async function putImages(tx: Queryable, pictures: readonly NewImage[]): Promise<ImageRow[]> {
  const rows = pictures.map(imageRowOf);
  if (rows.length === 0) return rows;
  await storeBlobs(
    tx,
    rows.map(({ blobHash }, index) => ({ hash: blobHash, bytes: (pictures[index] as NewImage).bytes })),
  );
  await tx.insert(image).values(rows).onConflictDoNothing();
  return rows;
}

/** Whether the bytes of all these images are there; if so, they stay a while for whoever names them now. */
export async function touchImages(database: Queryable, imageIds: readonly string[]): Promise<boolean> {
  const ids = [...new Set(imageIds)];
  if (ids.length === 0) return true;
  const rows = await database.select({ hash: image.blobHash }).from(image).where(inArray(image.id, ids));
  const hashes = rows.map(({ hash }) => hash);
  return (await touchBlobs(database, hashes)).size === ids.length;
}

/** Lets nobody remove the bytes of an image before this transaction has named it; false where they are gone. */
export async function holdImage(tx: Queryable, id: string): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    SELECT b.hash FROM ${blob} b JOIN ${image} i ON i.blob_hash = b.hash WHERE i.id = ${id} FOR KEY SHARE OF b`);
  return rows.length > 0;
}

/** The row that a picture has, or would have. */
export function imageRowOf({ bytes, width, height, contentType }: NewImage): ImageRow {
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
        .leftJoin(blob, eq(blob.hash, image.blobHash))
        .where(eq(image.id, id));
      return found ? { row: found.image, bytes: found.blob?.bytes ?? null } : null;
    },
    put: (input) => putImage(database, input),
  };
}
