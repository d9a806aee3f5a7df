import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { requireBelow } from '../../access/model-roots.js';
import type { DirectionRow, MergeRow } from '../../storage/types.js';
import { checkCount } from '../checks.js';
import { type ConnectionOf, connection, pageRequest } from '../connections.js';
import type { RequestContext } from '../context.js';
import { Discovery } from '../discovery/discovery.type.js';
import { ApiError, inputError, mismatch, notFound } from '../errors.js';
import { rowIdOf } from '../ids.js';
import { Image } from '../image/image.type.js';
import { Model } from '../model/model.type.js';
import { Needs } from '../needs.js';
import { directionOf, modelOf, readyModelOf } from '../nodes.js';
import {
  DirectionPageArgs,
  directionFilter,
  directionPatch,
  MergeDirectionsInput,
  UpdateDirectionInput,
} from './direction.input.js';
import { Direction, DirectionConnection } from './direction.type.js';
import { DirectionFile, fileOf, ImportDirectionsInput } from './direction-file.type.js';
import { Merge, MergedOut, MergedPart } from './merge.type.js';
import { resolveMerge } from './resolve-merge.js';

/** Directions of one file. */
const EXPORT_MAX = 256;

/** Each must be of the first one's model, and have parameters. */
function checkExported(row: DirectionRow, index: number, modelId: string): void {
  if (row.modelId !== modelId)
    throw mismatch(`ids[${index}]`, 'directions of one model', `"${row.name}", a direction of another one`);
  if (row.parametersHash !== null) return;
  const message = `ids[${index}]: "${row.name}" has no parameters yet. Wait for the first CheckpointSaved of its discovery.`;
  throw new ApiError('CONFLICT', message);
}

/** A page of a model's directions; `discoveryRowId` narrows it to one discovery. */
export async function directionPage(
  { storage }: RequestContext,
  modelRowId: string,
  args: DirectionPageArgs,
  discoveryRowId?: string,
): Promise<ConnectionOf<Direction>> {
  const request = pageRequest('Direction', args);
  const filter = { ...directionFilter(args.filter), ...(discoveryRowId ? { discoveryId: discoveryRowId } : {}) };
  const page = await storage.directions.page(modelRowId, filter, args.orderBy ?? 'INDEX', request);
  return connection('Direction', request, page, (row) => new Direction(row));
}

@Resolver(() => Direction)
export class DirectionResolver {
  @Needs('READ')
  @Query(() => Direction, { nullable: true, description: 'One direction; null if there is none with this id.' })
  async direction(@Arg('id', () => ID) id: string, @Ctx() { loaders }: RequestContext): Promise<Direction | null> {
    const row = await loaders.directions.load(rowIdOf('Direction', 'id', id));
    return row && new Direction(row);
  }

  @Needs('READ')
  @Query(() => DirectionConnection, { description: 'Directions of a model, from all its discoveries.' })
  async directions(
    @Arg('modelId', () => ID) modelId: string,
    @Args(() => DirectionPageArgs) args: DirectionPageArgs,
    @Ctx() context: RequestContext,
  ): Promise<ConnectionOf<Direction>> {
    const model = await modelOf(context, rowIdOf('Model', 'modelId', modelId));
    return directionPage(context, model.row.id, args);
  }

  @Needs('EDIT')
  @Mutation(() => Direction, { description: 'Names, tags, marks or hides a direction.' })
  async updateDirection(
    @Arg('input', () => UpdateDirectionInput) input: UpdateDirectionInput,
    @Ctx() { storage, loaders }: RequestContext,
  ): Promise<Direction> {
    const rowId = rowIdOf('Direction', 'input.id', input.id);
    const patch = directionPatch(input);
    if ((await loaders.directions.load(rowId)) === null) throw notFound('Direction', input.id);
    const row = await storage.directions.update(rowId, patch);
    loaders.directions.clear(rowId).prime(rowId, row);
    return new Direction(row);
  }

  @Needs('EDIT')
  @Mutation(() => DirectionFile, {
    description:
      'Writes directions of one model into a file that works without this server. They share their kind, reverse process and sampling steps: others are refused.',
  })
  async exportDirections(
    @Arg('ids', () => [ID], { description: `1 to ${EXPORT_MAX}.` }) ids: string[],
    @Ctx() context: RequestContext,
  ): Promise<DirectionFile> {
    if (ids.length === 0) throw inputError('ids', `1 to ${EXPORT_MAX} ids`, ids);
    const rowIds = checkCount('ids', ids, EXPORT_MAX).map((id, index) => rowIdOf('Direction', `ids[${index}]`, id));
    const directions = await Promise.all(rowIds.map((rowId) => directionOf(context, rowId)));
    const modelId = directions[0]?.row.modelId ?? '';
    for (const [index, { row }] of directions.entries()) checkExported(row, index, modelId);
    await context.access.quota.reserve(0);
    return new DirectionFile(await context.transfer.exportDirections(modelId, rowIds));
  }

  @Needs('TRAIN')
  @Mutation(() => [Direction], {
    description:
      'Takes the directions of a file, in its order; they can be used in edits at once. Refused where the file was made for another model, or another place of h.',
  })
  async importDirections(
    @Arg('input', () => ImportDirectionsInput) input: ImportDirectionsInput,
    @Ctx() context: RequestContext,
  ): Promise<Direction[]> {
    const file = fileOf(input);
    if ('path' in file) await requireBelow(context.access.modelRoots, 'input.path', file.path);
    await context.access.quota.reserve(0);
    const model = await readyModelOf(context, 'input.modelId', input.modelId);
    if ('hash' in file && (await context.storage.directionFiles.find(file.hash)) === null)
      throw new ApiError('NOT_FOUND', `input.url: there is no file ${input.url} on this server.`);
    const rowIds = await context.transfer.importDirections(model.row.id, file);
    return Promise.all(rowIds.map((rowId) => directionOf(context, rowId)));
  }

  @Needs('TRAIN')
  @Mutation(() => Direction, {
    description:
      'A weighted sum of directions, what it shares with those of `projectOut` taken out of it. Takes seconds: the change of images is measured before and after (`Direction.merge`).',
  })
  async mergeDirections(
    @Arg('input', () => MergeDirectionsInput) input: MergeDirectionsInput,
    @Ctx() context: RequestContext,
  ): Promise<Direction> {
    const order = await resolveMerge(context, input);
    await context.access.quota.reserve(0);
    await context.merge(order);
    return directionOf(context, order.id);
  }

  @FieldResolver(() => Merge, {
    nullable: true,
    description: 'What a merged direction is made of; null for any other.',
  })
  merge(@Root() { row }: Direction): MergeRow | null {
    return row.merge;
  }

  @FieldResolver(() => Model, { description: 'The model whose h-space it lies in.' })
  model(@Root() direction: Direction, @Ctx() context: RequestContext): Promise<Model> {
    return modelOf(context, direction.row.modelId);
  }

  @FieldResolver(() => Discovery, { nullable: true, description: 'The discovery that found it, if one did.' })
  async discovery(@Root() { row }: Direction, @Ctx() { loaders }: RequestContext): Promise<Discovery | null> {
    const discovery = row.discoveryId === null ? null : await loaders.discoveries.load(row.discoveryId);
    return discovery && new Discovery(discovery);
  }

  @FieldResolver(() => Direction, { nullable: true, description: 'The better direction that this one repeats.' })
  async duplicateOf(@Root() { row }: Direction, @Ctx() { loaders }: RequestContext): Promise<Direction | null> {
    const other = row.duplicateOfId === null ? null : await loaders.directions.load(row.duplicateOfId);
    return other && new Direction(other);
  }

  @FieldResolver(() => [Image], {
    description:
      'One sample along the direction, from negative to positive strength. Empty until it has been rendered.',
  })
  async filmstrip(@Root() { row }: Direction, @Ctx() { storage }: RequestContext): Promise<Image[]> {
    return (await storage.directions.filmstrip(row.id)).map((image) => new Image(image));
  }
}

async function ifThere({ loaders }: RequestContext, rowId: string): Promise<Direction | null> {
  const row = await loaders.directions.load(rowId);
  return row && new Direction(row);
}

@Resolver(() => MergedPart)
export class MergedPartResolver {
  @FieldResolver(() => Direction, { nullable: true, description: 'The direction; null once it has been deleted.' })
  direction(@Root() part: MergeRow['parts'][number], @Ctx() context: RequestContext): Promise<Direction | null> {
    return ifThere(context, part.directionId);
  }
}

@Resolver(() => MergedOut)
export class MergedOutResolver {
  @FieldResolver(() => Direction, { nullable: true, description: 'The direction; null once it has been deleted.' })
  direction(@Root() removed: MergeRow['removed'][number], @Ctx() context: RequestContext): Promise<Direction | null> {
    return ifThere(context, removed.directionId);
  }
}
