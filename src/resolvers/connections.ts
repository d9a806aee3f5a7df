import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import type { Page, PageRequest } from '../storage/types.js';
import { checkInteger } from './checks.js';
import { inputError } from './errors.js';
import type { NodeType } from './ids.js';
import { globalId, parseGlobalId } from './ids.js';

export const PAGE_DEFAULT = 20;
export const PAGE_MAX = 200;

@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: `How many, 1 to ${PAGE_MAX}; ${PAGE_DEFAULT} if left out.` })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'The `endCursor` of the page before.' })
  after?: string | null;
}

@ObjectType({ description: 'Where a page lies in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follow.' })
  hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Pass it as `after` to get the next page. Null on an empty page.',
  })
  endCursor!: string | null;

  @Field(() => Boolean, { description: 'Whether this page was asked for with `after`.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item. Null on an empty page.' })
  startCursor!: string | null;
}

export interface ConnectionOf<Item> {
  readonly edges: readonly { readonly node: Item; readonly cursor: string }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/** The `<name>Connection` and `<name>Edge` types of one node type. */
export function connectionType<Item extends object>(name: NodeType, itemType: ClassType<Item>) {
  @ObjectType(`${name}Edge`, { description: `A ${name} and its place in the list.` })
  class Edge {
    @Field(() => itemType, { description: `The ${name}.` })
    node!: Item;

    @Field(() => String, { description: 'Pass it as `after` to get what follows.' })
    cursor!: string;
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${name}s.` })
  class Connection {
    @Field(() => [Edge], { description: 'The items of this page, in order.' })
    edges!: Edge[];

    @Field(() => PageInfo, { description: 'Where this page lies.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'How many there are in all pages together.' })
    totalCount!: number;
  }
  return Connection;
}

/** A cursor is a position, not an id of the node: the prefix keeps one from passing as the other. */
const CURSOR_PREFIX = 'after.';

function cursorOf(type: NodeType, rowId: string): string {
  return CURSOR_PREFIX + globalId(type, rowId);
}

function rowIdOfCursor(type: NodeType, cursor: string): string {
  const key = cursor.startsWith(CURSOR_PREFIX) ? parseGlobalId(cursor.slice(CURSOR_PREFIX.length)) : null;
  if (key?.type === type) return key.rowId;
  throw inputError('after', 'the endCursor of a page of this list', cursor);
}

export function pageRequest(type: NodeType, { first, after }: PageArgs): PageRequest {
  return {
    first: checkInteger('first', first ?? PAGE_DEFAULT, { min: 1, max: PAGE_MAX }),
    afterId: after == null ? null : rowIdOfCursor(type, after),
  };
}

export function connection<Row extends { readonly id: string }, Item>(
  type: NodeType,
  request: PageRequest,
  page: Page<Row>,
  toItem: (row: Row) => Item,
): ConnectionOf<Item> {
  const edges = page.rows.map((row) => ({ node: toItem(row), cursor: cursorOf(type, row.id) }));
  return {
    edges,
    totalCount: page.totalCount,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasPreviousPage: request.afterId !== null,
      startCursor: edges[0]?.cursor ?? null,
    },
  };
}
