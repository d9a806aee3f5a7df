import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Database, Queryable } from './connection.js';
import { LEASE_MS } from './lease.js';
import { model, modelFile, worker } from './tables.js';
import type { ModelFileRow, ModelRow } from './types.js';

/** A model's files in the store, and which of them is loaded. */
export interface StoredModel {
  readonly entry: string;
  readonly files: readonly ModelFileRow[];
}

/** The files of a model, null where they are not stored; in the order of their paths. */
export async function filesOfModel(
  database: Database,
  { id, entry }: Pick<ModelRow, 'id' | 'entry'>,
): Promise<StoredModel | null> {
  if (entry === null) return null;
  const files = await database
    .select({ path: modelFile.path, hash: modelFile.hash, byteSize: modelFile.byteSize })
    .from(modelFile)
    .where(eq(modelFile.modelId, id))
    .orderBy(asc(modelFile.path));
  return { entry, files };
}

/** Says that a model's files are in the store; the first to say so is believed. */
export async function putFilesOfModel(tx: Queryable, modelId: string, { entry, files }: StoredModel): Promise<void> {
  const said = and(eq(model.id, modelId), isNull(model.entry));
  const first = await tx.update(model).set({ entry }).where(said).returning({ id: model.id });
  if (first.length === 0) return;
  await tx.insert(modelFile).values(files.map((file) => ({ ...file, modelId })));
}

/** Models that were imported before their files were stored. */
export function modelsWithoutFiles(database: Database): Promise<ModelRow[]> {
  return database
    .select()
    .from(model)
    .where(and(eq(model.status, 'READY'), isNull(model.entry)));
}

/** Notes that a worker does not see a model's source; whether another one is left that might. */
export async function noteUnseen(database: Database, modelId: string, workerId: string): Promise<boolean> {
  const [row] = await database
    .update(model)
    .set({ notSeenBy: sql`(${model.notSeenBy} - ${workerId}) || to_jsonb(${workerId}::text)` })
    .where(eq(model.id, modelId))
    .returning({ notSeenBy: model.notSeenBy });
  const alive = await database
    .select({ id: worker.id })
    .from(worker)
    .where(sql`${worker.seenAt} > now() - ${sql.raw(`interval '${LEASE_MS} milliseconds'`)}`);
  return alive.some(({ id }) => !row?.notSeenBy.includes(id));
}
