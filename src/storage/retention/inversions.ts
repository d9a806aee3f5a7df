import { sql } from 'drizzle-orm';
import type { Queryable } from '../connection.js';
import { touchBlobs } from '../images.js';
import { inversion } from '../tables.js';

const BATCH = 500;

/** Removes inversions that nobody has used since `cutoff`; whether there may be more. Who has just found one still finds its latents. */
export async function expireInversions(tx: Queryable, cutoff: Date): Promise<boolean> {
  const { rows } = await tx.execute<{ hash: string }>(sql`
    DELETE FROM ${inversion} WHERE (image_id, model_hash, sampling_steps, fit) IN (
      SELECT image_id, model_hash, sampling_steps, fit FROM ${inversion} WHERE used_at < ${cutoff.toISOString()}
      LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
    ) RETURNING latents_hash AS hash`);
  await touchBlobs(
    tx,
    rows.map(({ hash }) => hash),
  );
  return rows.length === BATCH;
}
