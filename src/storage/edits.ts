import { randomUUID } from 'node:crypto';
import { and, asc, count, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { admit } from './admission.js';
import type { Database, Queryable } from './connection.js';
import { StorageError } from './errors.js';
import { holdImage } from './images.js';
import { behind, pageOf, unknownCursor } from './paging.js';
import { cancelRun, insertRun, insertRuns, type Jobs, requireReady, runOfKey } from './runs.js';
import { edit, event, run } from './tables.js';
import type { EditRow, NewEdit, PageRequest, Storage } from './types.js';

type Stores = Storage['edits'];

export function editStore(database: Database, jobs: Jobs): Stores {
  return {
    byIds: (ids) => (ids.length === 0 ? Promise.resolve([]) : select(database, inArray(edit.runId, [...ids]))),
    start: (input) => startEdit(database, jobs, input),
    startSweep: (input) => startSweep(database, jobs, input),
    page: (filter, request) => pageOfEdits(database, filter, request),
    frames: async (editIds) => {
      if (editIds.length === 0) return [];
      const frames = and(inArray(event.runId, [...editIds]), eq(event.type, 'EditFrame'));
      return database.select().from(event).where(frames).orderBy(asc(event.runId), asc(event.seq));
    },
  };
}

async function select(tx: Queryable, condition: SQL | undefined): Promise<EditRow[]> {
  const rows = await tx.select().from(edit).innerJoin(run, eq(run.id, edit.runId)).where(condition);
  return rows.map((row) => ({ ...row.edit, ...row.run }));
}

/** The run, its row and its job, all or nothing. */
function startEdit(database: Database, jobs: Jobs, input: Parameters<Stores['start']>[0]): Promise<EditRow> {
  const { idempotency, starter, ...request } = input;
  return database.transaction(async (tx) => {
    const known = await runOfKey(tx, 'edit', idempotency);
    const id = known ?? randomUUID();
    if (known === null) {
      await prepare(tx, jobs, request);
      await admit(tx, starter);
      await insertRun(tx, id, 'edit', idempotency, starter);
      await tx.insert(edit).values(rowOf(id, request));
      await jobs.enqueue(tx, 'edit', id, {});
    }
    return (await select(tx, eq(edit.runId, id)))[0] as EditRow;
  });
}

/** As many runs as there are variations, and one job, which has the id of the first. */
function startSweep(database: Database, jobs: Jobs, input: Parameters<Stores['startSweep']>[0]): Promise<EditRow[]> {
  const { idempotency, starter, variations, ...request } = input;
  return database.transaction(async (tx) => {
    const known = await runOfKey(tx, 'edit', idempotency);
    const sweepId = known ?? randomUUID();
    if (known === null) {
      await prepare(tx, jobs, request);
      await admit(tx, starter, variations.length);
      const ids = variations.map((_, place) => (place === 0 ? sweepId : randomUUID()));
      await insertRuns(tx, ids, 'edit', idempotency, starter);
      const optionsAt = (place: number) => ({ ...request.options, place });
      const rows = variations.map((shifts, place) => ({ ...request, shifts, options: optionsAt(place), sweepId }));
      await tx.insert(edit).values(rows.map((row, place) => rowOf(ids[place] as string, row)));
      await jobs.enqueue(tx, 'sweep', sweepId, {});
    }
    const rows = await select(tx, eq(edit.sweepId, sweepId));
    return rows.sort((a, b) => (a.options.place ?? 0) - (b.options.place ?? 0));
  });
}

async function prepare(tx: Queryable, jobs: Jobs, { modelId, imageId, replaces }: NewEdit): Promise<void> {
  await requireReady(tx, modelId);
  if (imageId !== null && !(await holdImage(tx, imageId)))
    throw new StorageError('IMAGE_EXPIRED', 'imageId: the image is not kept any more. Upload it again.');
  if (replaces !== null) await supersede(tx, jobs, replaces);
}

function rowOf(
  runId: string,
  { replaces: _, shifts, warnings, ...row }: NewEdit & { sweepId?: string },
): typeof edit.$inferInsert {
  return { ...row, runId, shifts: [...shifts], warnings: [...warnings] };
}

/** Cancels the edit that a newer one replaces, unless it is over; of a sweep all edits that are not. */
async function supersede(tx: Queryable, jobs: Jobs, editId: string): Promise<void> {
  const [row] = await select(tx, eq(edit.runId, editId));
  if (!row) throw new StorageError('NOT_FOUND', `replaces: there is no edit ${editId}.`);
  const all = row.sweepId === null ? [row] : await select(tx, eq(edit.sweepId, row.sweepId));
  // In one order, so that two that replace the same sweep cannot wait for each other.
  for (const { id } of all.toSorted((a, b) => (a.id < b.id ? -1 : 1))) await cancelRun(tx, jobs, id);
}

/** Newest first. */
async function pageOfEdits(database: Database, filter: Parameters<Stores['page']>[0], request: PageRequest) {
  const own = [
    filter.modelId ? eq(edit.modelId, filter.modelId) : undefined,
    filter.status ? eq(run.status, filter.status) : undefined,
  ];
  const [total] = await database
    .select({ value: count() })
    .from(edit)
    .innerJoin(run, eq(run.id, edit.runId))
    .where(and(...own));
  if (request.afterId !== null) {
    const known = await database.select({ id: edit.runId }).from(edit).where(eq(edit.runId, request.afterId));
    if (known.length === 0) throw unknownCursor(request.afterId);
  }
  const cursor = sql`(SELECT r.created_at, r.id FROM ${run} r WHERE r.id = ${request.afterId})`;
  const rows = await database
    .select()
    .from(edit)
    .innerJoin(run, eq(run.id, edit.runId))
    .where(and(...own, behind(request, sql`(${run.createdAt}, ${run.id})`, cursor, 'desc')))
    .orderBy(desc(run.createdAt), desc(run.id))
    .limit(request.first + 1);
  return pageOf(
    rows.map((row): EditRow => ({ ...row.edit, ...row.run })),
    request,
    total?.value ?? 0,
  );
}
