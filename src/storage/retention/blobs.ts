import { type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '../connection.js';
import {
  blob,
  direction,
  directionFile,
  discovery,
  edit,
  event,
  filmstrip,
  gallery,
  image,
  inversion,
  run,
} from '../tables.js';

/** Blobs that are looked at in one transaction. */
const BATCH = 500;

/** Before when something must have been stored, and never again, to go. */
export interface BlobAges {
  /** Images: previews, and uploads that no edit took; null: none of them goes. */
  readonly images: Date | null;
  /** Everything else: parameters between two checkpoints, latents of inversions that are gone. */
  readonly others: Date;
  /** Runs that began before `images` and may still show what they began with. */
  readonly showing: readonly string[];
}

/** Runs that are not over, or were not at `cutoff`, and have events from before it. */
export async function runsShowing(database: Queryable, cutoff: Date): Promise<string[]> {
  const at = cutoff.toISOString();
  const { rows } = await database.execute<{ id: string }>(sql`
    SELECT id FROM ${run} WHERE created_at < ${at} AND status IN ('QUEUED', 'RUNNING', 'PAUSED')
    UNION ALL
    SELECT id FROM ${run} WHERE created_at < ${at} AND finished_at >= ${at} AND first_seq = 1`);
  return rows.map(({ id }) => id);
}

/**
 * Removes what nothing refers to among the blobs after `cursor`; gives the next cursor, null at the end. Whoever stores bytes
 * that are there locks their row and makes it new, and so is waited for by nobody: such a blob is passed over.
 */
export async function expireBlobs(
  tx: Queryable,
  cursor: string,
  ages: BlobAges,
): Promise<{ next: string | null; removed: number }> {
  const { rows: page } = await tx.execute<{ hash: string }>(
    sql`SELECT hash FROM ${blob} WHERE hash > ${cursor} ORDER BY hash LIMIT ${BATCH}`,
  );
  const hashes = page.map(({ hash }) => hash);
  const next = hashes.length === BATCH ? (hashes.at(-1) ?? null) : null;
  const { rows: locked } = await tx.execute<{ hash: string }>(sql`
    SELECT b.hash FROM ${blob} b WHERE b.hash = ANY(${sql.param(hashes)}::text[]) AND ${isOld(ages)} AND ${isUnnamed}
    FOR UPDATE OF b SKIP LOCKED`);
  const shown = locked.length === 0 ? new Set() : await shownBy(tx, ages);
  const gone = locked.flatMap(({ hash }) => (shown.has(hash) ? [] : hash));
  if (gone.length === 0) return { next, removed: 0 };
  // Asked again now that nobody can refer to them: what became known between the look and the lock.
  const { rowCount } = await tx.execute(
    sql`DELETE FROM ${blob} b WHERE b.hash = ANY(${sql.param(gone)}::text[]) AND ${isUnnamed}`,
  );
  return { next, removed: rowCount ?? 0 };
}

function isOld({ images, others }: BlobAges): SQL {
  const isImage = sql`EXISTS (SELECT 1 FROM ${image} i WHERE i.blob_hash = b.hash)`;
  const isOldImage = images === null ? sql`false` : sql`b.created_at < ${images.toISOString()}`;
  return sql`b.created_at < ${others.toISOString()} AND (${isOldImage} OR NOT ${isImage})`;
}

const pinnedAs = (key: string) =>
  sql`e.shifts @> jsonb_build_array(jsonb_build_object('pinned', jsonb_build_object(${sql.raw(`'${key}'`)}, b.hash)))`;

/** Every column that can hold the hash of a blob or the id of an image, but those of events. */
const isUnnamed = sql`NOT (
  EXISTS (SELECT 1 FROM ${direction} d WHERE d.parameters_hash = b.hash)
  OR EXISTS (SELECT 1 FROM ${direction} d WHERE d.statistics_hash = b.hash)
  OR EXISTS (SELECT 1 FROM ${discovery} d WHERE d.statistics_hash = b.hash)
  OR EXISTS (SELECT 1 FROM ${directionFile} f WHERE f.hash = b.hash)
  OR EXISTS (SELECT 1 FROM ${inversion} v WHERE v.latents_hash = b.hash)
  OR EXISTS (SELECT 1 FROM ${edit} e WHERE ${pinnedAs('parametersHash')})
  OR EXISTS (SELECT 1 FROM ${edit} e WHERE ${pinnedAs('statisticsHash')})
  OR EXISTS (SELECT 1 FROM ${image} i WHERE i.blob_hash = b.hash AND (
    EXISTS (SELECT 1 FROM ${edit} e WHERE e.image_id = i.id)
    OR EXISTS (SELECT 1 FROM ${edit} e WHERE e.original_image_id = i.id)
    OR EXISTS (SELECT 1 FROM ${edit} e WHERE e.result_image_id = i.id)
    OR EXISTS (SELECT 1 FROM ${gallery} g WHERE g.image_id = i.id)
    OR EXISTS (SELECT 1 FROM ${filmstrip} f WHERE f.image_id = i.id)))
)`;

/** Hashes of the images in old events of runs that may still show them; younger events have made their images new. */
async function shownBy(tx: Queryable, { images, showing }: BlobAges): Promise<Set<string>> {
  if (images === null || showing.length === 0) return new Set();
  const { rows } = await tx.execute<{ hash: string }>(sql`
    SELECT DISTINCT i.blob_hash AS hash FROM ${event} e
    CROSS JOIN LATERAL (VALUES (payload->>'imageId'), (payload->>'originalId'), (payload->>'differenceId'), (payload->>'shiftedId')) AS p (id)
    JOIN ${image} i ON i.id = p.id::uuid
    WHERE e.run_id = ANY(${sql.param([...showing])}::uuid[]) AND e.type IN ('TrainingPreview', 'EditFrame')
      AND e.at < ${images.toISOString()}`);
  return new Set(rows.map(({ hash }) => hash));
}
