import { randomUUID } from 'node:crypto';
import { and, asc, count, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database, Queryable } from './connection.js';
import { StorageError } from './errors.js';
import { behind, pageOf, unknownCursor } from './paging.js';
import { cancelRun, type Enqueue, insertRun, requireReady, runOfKey } from './runs.js';
import { edit, event, run } from './tables.js';
import { type EditRow, FINAL_STATUSES, type PageRequest, type Storage } from './types.js';

type Stores = Storage['edits'];

export function editStore(database: Database, enqueue: Enqueue): Stores {
  return {
    byIds: (ids) => (ids.length === 0 ? Promise.resolve([]) : select(database, inArray(edit.runId, [...ids]))),
    start: (input) => startEdit(database, enqueue, input),
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

function startEdit(database: Database, enqueue: Enqueue, input: Parameters<Stores['start']>[0]): Promise<EditRow> {
  const { idempotency, replaces, shifts, warnings, ...rest } = input;
  return database.transaction(async (tx) => {
    const known = await runOfKey(tx, 'edit', idempotency);
    if (known === null) await requireReady(tx, input.modelId);
    const id = known ?? randomUUID();
    if (known === null) {
      if (replaces !== null) await supersede(tx, replaces);
      await insertRun(tx, id, 'edit', idempotency);
      await tx.insert(edit).values({ ...rest, runId: id, shifts: [...shifts], warnings: [...warnings] });
      await enqueue(tx, 'edit', id, {});
    }
    return (await select(tx, eq(edit.runId, id)))[0] as EditRow;
  });
}

/** Cancels the edit that a newer one replaces, unless it is over. */
async function supersede(tx: Queryable, editId: string): Promise<void> {
  const [row] = await select(tx, eq(edit.runId, editId));
  if (!row) throw new StorageError('NOT_FOUND', `replaces: there is no edit ${editId}.`);
  if (!FINAL_STATUSES.includes(row.status)) await cancelRun(tx, editId);
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
