import { randomUUID } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { asc, count, desc, eq, inArray, sql } from 'drizzle-orm';
import { packageFile } from '../package.js';
import { admit } from './admission.js';
import type { Database, Queryable } from './connection.js';
import { behind, pageOf, unknownCursor } from './paging.js';
import { type Enqueue, insertRun } from './runs.js';
import { gallery, image, model, modelStage } from './tables.js';
import type { ImageRow, ModelRow, Page, PageRequest, Storage } from './types.js';

type NewModel = Parameters<Storage['models']['create']>[0];

export function modelStore(database: Database, enqueue: Enqueue): Storage['models'] {
  const byIds = (ids: readonly string[]): Promise<ModelRow[]> =>
    ids.length === 0
      ? Promise.resolve([])
      : database
          .select()
          .from(model)
          .where(inArray(model.id, [...ids]));
  return {
    byIds,
    create: (input) => database.transaction((tx) => insertModel(tx, enqueue, input)),
    createOnce: (input) => createOnce(database, enqueue, input),
    bySource: async (source) => {
      const rows = await database
        .select()
        .from(model)
        .where(inArray(model.source, namesOf(source)))
        .orderBy(desc(model.createdAt))
        .limit(1);
      return rows[0] ?? null;
    },
    page: (request) => pageOfModels(database, request),
    stages: (modelId) => database.select().from(modelStage).where(eq(modelStage.modelId, modelId)),
    samples: async (modelId, first) => {
      const rows = await database
        .select({ image })
        .from(gallery)
        .innerJoin(image, eq(image.id, gallery.imageId))
        .where(eq(gallery.modelId, modelId))
        .orderBy(asc(gallery.position))
        .limit(first);
      return rows.map((row): ImageRow => row.image);
    },
  };
}

/** What ships has a path below the package, and had an absolute one in older versions. */
function namesOf(source: string): string[] {
  return isAbsolute(source) ? [source] : [source, packageFile(source)];
}

/** A model that is there once however many ask for it at once. */
async function createOnce(database: Database, enqueue: Enqueue, input: NewModel): Promise<ModelRow> {
  return database.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext(${`model:${input.source}`}))`);
    const [known] = await tx
      .select()
      .from(model)
      .where(inArray(model.source, namesOf(input.source)))
      .limit(1);
    return known ?? insertModel(tx, enqueue, input);
  });
}

/** A model and its import, which has the same id. */
async function insertModel(
  tx: Queryable,
  enqueue: Enqueue,
  { name, source, hub = null, tapChoice = null, starter }: NewModel,
): Promise<ModelRow> {
  const id = randomUUID();
  await admit(tx, starter);
  await insertRun(tx, id, 'import', null, starter);
  const [row] = await tx.insert(model).values({ id, name, source, hub, tapChoice, status: 'IMPORTING' }).returning();
  await enqueue(tx, 'import', id, {});
  return row as ModelRow;
}

/** Oldest first. */
async function pageOfModels(database: Database, request: PageRequest): Promise<Page<ModelRow>> {
  const [total] = await database.select({ value: count() }).from(model);
  const keys = sql`(${model.createdAt}, ${model.id})`;
  const cursor = sql`(SELECT m.created_at, m.id FROM ${model} m WHERE m.id = ${request.afterId})`;
  if (request.afterId !== null) {
    const known = await database.select({ id: model.id }).from(model).where(eq(model.id, request.afterId));
    if (known.length === 0) throw unknownCursor(request.afterId);
  }
  const rows = await database
    .select()
    .from(model)
    .where(behind(request, keys, cursor, 'asc'))
    .orderBy(asc(model.createdAt), asc(model.id))
    .limit(request.first + 1);
  return pageOf(rows, request, total?.value ?? 0);
}
