import { randomUUID } from 'node:crypto';
import { and, asc, count, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { admit } from './admission.js';
import type { Database, Queryable } from './connection.js';
import { behind, pageOf, unknownCursor } from './paging.js';
import { type Enqueue, insertRun, requireReady, runOfKey } from './runs.js';
import { direction, discovery, event, run } from './tables.js';
import type { DiscoveryConfigRow, DiscoveryRow, EventRow, PageRequest, Storage } from './types.js';

type Stores = Storage['discoveries'];

export function discoveryStore(database: Database, enqueue: Enqueue): Stores {
  return {
    byIds: (ids) => (ids.length === 0 ? Promise.resolve([]) : select(database, inArray(discovery.runId, [...ids]))),
    start: (input) => startDiscovery(database, enqueue, input),
    page: (filter, request) => pageOfDiscoveries(database, filter, request),
    losses: async (id, every, last) => {
      const steps = and(
        eq(event.runId, id),
        eq(event.type, 'TrainingStep'),
        sql`((${event.payload}->>'step')::int - 1) % ${every} = 0`,
      );
      const newest = await database
        .select()
        .from(event)
        .where(steps)
        .orderBy(desc(event.seq))
        .limit(last ?? 1_000_000);
      return newest.reverse() satisfies EventRow[];
    },
  };
}

async function select(tx: Queryable, condition: SQL | undefined): Promise<DiscoveryRow[]> {
  const rows = await tx.select().from(discovery).innerJoin(run, eq(run.id, discovery.runId)).where(condition);
  return rows.map((row) => ({ ...row.discovery, ...row.run }));
}

/** The run, its row, its directions (named by place) and its job, all or nothing. */
function startDiscovery(
  database: Database,
  enqueue: Enqueue,
  input: Parameters<Stores['start']>[0],
): Promise<DiscoveryRow> {
  const { modelId, config, totalSteps, idempotency, starter } = input;
  return database.transaction(async (tx) => {
    const known = await runOfKey(tx, 'discovery', idempotency);
    if (known === null) await requireReady(tx, modelId);
    const id = known ?? randomUUID();
    if (known === null) {
      await admit(tx, starter);
      await insertRun(tx, id, 'discovery', idempotency, starter);
      await tx.insert(discovery).values({ runId: id, modelId, config, totalSteps });
      await tx.insert(direction).values(directionsOf(id, modelId, config));
      await enqueue(tx, 'discovery', id, {});
    }
    return (await select(tx, eq(discovery.runId, id)))[0] as DiscoveryRow;
  });
}

function directionsOf(
  discoveryId: string,
  modelId: string,
  config: DiscoveryConfigRow,
): (typeof direction.$inferInsert)[] {
  return Array.from({ length: config.directions }, (_, index) => ({
    id: randomUUID(),
    modelId,
    discoveryId,
    origin: config.method,
    index,
    kind: config.shift,
    reverseProcess: config.reverseProcess,
    samplingSteps: config.samplingSteps,
    name: `Direction ${index + 1}`,
  }));
}

/** Newest first. */
async function pageOfDiscoveries(database: Database, filter: Parameters<Stores['page']>[0], request: PageRequest) {
  const own = [
    filter.modelId ? eq(discovery.modelId, filter.modelId) : undefined,
    filter.status ? eq(run.status, filter.status) : undefined,
  ];
  const joined = and(...own);
  const [total] = await database
    .select({ value: count() })
    .from(discovery)
    .innerJoin(run, eq(run.id, discovery.runId))
    .where(joined);
  if (request.afterId !== null) {
    const known = await database
      .select({ id: discovery.runId })
      .from(discovery)
      .where(eq(discovery.runId, request.afterId));
    if (known.length === 0) throw unknownCursor(request.afterId);
  }
  const cursor = sql`(SELECT r.created_at, r.id FROM ${run} r WHERE r.id = ${request.afterId})`;
  const rows = await database
    .select()
    .from(discovery)
    .innerJoin(run, eq(run.id, discovery.runId))
    .where(and(...own, behind(request, sql`(${run.createdAt}, ${run.id})`, cursor, 'desc')))
    .orderBy(desc(run.createdAt), desc(run.id))
    .limit(request.first + 1);
  return pageOf(
    rows.map((row): DiscoveryRow => ({ ...row.discovery, ...row.run })),
    request,
    total?.value ?? 0,
  );
}

/** The directions of a discovery, in order. */
export function directionsOfDiscovery(tx: Queryable, discoveryId: string) {
  return tx.select().from(direction).where(eq(direction.discoveryId, discoveryId)).orderBy(asc(direction.index));
}
