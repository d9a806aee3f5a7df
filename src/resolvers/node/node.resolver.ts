import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { checkCount } from '../checks.js';
import { PAGE_MAX } from '../connections.js';
import type { RequestContext } from '../context.js';
import { Direction } from '../direction/direction.type.js';
import { Discovery } from '../discovery/discovery.type.js';
import { Edit } from '../edit/edit.type.js';
import { anyNodeKey, type NodeType } from '../ids.js';
import { Image } from '../image/image.type.js';
import { Model } from '../model/model.type.js';
import { Needs } from '../needs.js';
import { Node } from './node.type.js';

type Load = ({ loaders }: RequestContext, rowId: string) => Promise<Node | null>;

/** How a node of each type is fetched: a type without an entry does not compile. */
const LOAD: { readonly [Type in NodeType]: Load } = {
  Model: async ({ loaders }, id) => orNull(await loaders.models.load(id), (row) => new Model(row)),
  Direction: async ({ loaders }, id) => orNull(await loaders.directions.load(id), (row) => new Direction(row)),
  Discovery: async ({ loaders }, id) => orNull(await loaders.discoveries.load(id), (row) => new Discovery(row)),
  Edit: async ({ loaders }, id) => orNull(await loaders.edits.load(id), (row) => new Edit(row)),
  Image: async ({ loaders }, id) => orNull(await loaders.images.load(id), (row) => new Image(row)),
};

function orNull<Row>(row: Row | null, toNode: (row: Row) => Node): Node | null {
  return row === null ? null : toNode(row);
}

@Resolver()
export class NodeResolver {
  @Needs('READ')
  @Query(() => Node, { nullable: true, description: 'Any node by its id; null if there is none.' })
  async node(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Node | null> {
    const { type, rowId } = anyNodeKey('id', id);
    return LOAD[type](context, rowId);
  }

  @Needs('READ')
  @Query(() => [Node], {
    nullable: 'items',
    description: `Nodes by their ids, at most ${PAGE_MAX}, in that order; null in the place of one that is not there.`,
  })
  async nodes(@Arg('ids', () => [ID]) ids: string[], @Ctx() context: RequestContext): Promise<(Node | null)[]> {
    const keys = checkCount('ids', ids, PAGE_MAX).map((id, index) => anyNodeKey(`ids[${index}]`, id));
    return Promise.all(keys.map(({ type, rowId }) => LOAD[type](context, rowId)));
  }
}
