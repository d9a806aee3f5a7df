import { and, asc, count, eq, gte, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database } from './connection.js';
import { StorageError } from './errors.js';
import { behind, pageOf, unknownCursor } from './paging.js';
import { direction, filmstrip, image } from './tables.js';
import type {
  DirectionFilterRow,
  DirectionOrderName,
  DirectionRow,
  ImageRow,
  Page,
  PageRequest,
  Storage,
} from './types.js';

export function directionStore(database: Database): Storage['directions'] {
  return {
    byIds: (ids) =>
      ids.length === 0
        ? Promise.resolve([])
        : database
            .select()
            .from(direction)
            .where(inArray(direction.id, [...ids])),
    page: (modelId, filter, order, request) => pageOfDirections(database, modelId, filter, order, request),
    update: async (id, patch) => {
      const { tags, ...rest } = patch;
      const change = { ...rest, ...(tags ? { tags: [...tags] } : {}) };
      const rows: DirectionRow[] =
        Object.keys(change).length === 0
          ? await database.select().from(direction).where(eq(direction.id, id))
          : await database.update(direction).set(change).where(eq(direction.id, id)).returning();
      const [row] = rows;
      if (!row) throw new StorageError('NOT_FOUND', `There is no direction ${id}.`);
      return row;
    },
    filmstrip: async (id) => {
      const rows = await database
        .select({ image })
        .from(filmstrip)
        .innerJoin(image, eq(image.id, filmstrip.imageId))
        .where(eq(filmstrip.directionId, id))
        .orderBy(asc(filmstrip.position));
      return rows.map((row): ImageRow => row.image);
    },
  };
}

function conditions(modelId: string, filter: DirectionFilterRow): (SQL | undefined)[] {
  return [
    eq(direction.modelId, modelId),
    filter.discoveryId === undefined ? undefined : eq(direction.discoveryId, filter.discoveryId),
    filter.origin === undefined ? undefined : eq(direction.origin, filter.origin),
    filter.tag === undefined ? undefined : sql`${direction.tags} @> ${JSON.stringify([filter.tag])}::jsonb`,
    filter.favourite === undefined ? undefined : eq(direction.favourite, filter.favourite),
    filter.hidden === undefined ? undefined : eq(direction.hidden, filter.hidden),
    filter.dead === undefined ? undefined : eq(direction.dead, filter.dead),
    filter.minScore === undefined ? undefined : gte(direction.score, filter.minScore),
  ];
}

/** Sort keys, ascending: the best first, those without a number last, then place and id. */
const ORDER_KEYS: Readonly<Record<DirectionOrderName, string>> = {
  SCORE: "coalesce(-d.score, 'Infinity'::float8)",
  INDEX: 'd.index::float8',
  NAME: 'd.name',
  EFFECT_SIZE: "coalesce(-d.effect_size, 'Infinity'::float8)",
};

async function pageOfDirections(
  database: Database,
  modelId: string,
  filter: DirectionFilterRow,
  order: DirectionOrderName,
  request: PageRequest,
): Promise<Page<DirectionRow>> {
  const own = conditions(modelId, filter);
  const [total] = await database
    .select({ value: count() })
    .from(direction)
    .where(and(...own));
  if (request.afterId !== null) {
    const known = await database.select({ id: direction.id }).from(direction).where(eq(direction.id, request.afterId));
    if (known.length === 0) throw unknownCursor(request.afterId);
  }
  const keysOf = (alias: string) =>
    sql.raw([ORDER_KEYS[order], 'd.index', 'd.id'].join(', ').replaceAll('d.', `${alias}.`));
  const keys = sql`(${keysOf('direction')})`;
  const cursor = sql`(SELECT ${keysOf('c')} FROM ${direction} c WHERE c.id = ${request.afterId})`;
  const rows = await database
    .select()
    .from(direction)
    .where(and(...own, behind(request, keys, cursor, 'asc')))
    .orderBy(keysOf('direction'))
    .limit(request.first + 1);
  return pageOf(rows, request, total?.value ?? 0);
}
