import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { requireBelow } from '../../access/model-roots.js';
import { checkInteger } from '../checks.js';
import { type ConnectionOf, connection, PageArgs, pageRequest } from '../connections.js';
import type { RequestContext } from '../context.js';
import { DirectionPageArgs } from '../direction/direction.input.js';
import { directionPage } from '../direction/direction.resolver.js';
import { type Direction, DirectionConnection } from '../direction/direction.type.js';
import { Discovery, DiscoveryConnection } from '../discovery/discovery.type.js';
import { ModelStageName } from '../enums.js';
import { rowIdOf } from '../ids.js';
import { Image } from '../image/image.type.js';
import { Needs } from '../needs.js';
import { modelOf } from '../nodes.js';
import { ImportModelInput, newModel } from './model.input.js';
import { Model, ModelConnection } from './model.type.js';
import { ModelStage } from './report.type.js';

@Resolver(() => Model)
export class ModelResolver {
  @Needs('READ')
  @Query(() => Model, { nullable: true, description: 'One model; null if there is none with this id.' })
  async model(@Arg('id', () => ID) id: string, @Ctx() { loaders }: RequestContext): Promise<Model | null> {
    const row = await loaders.models.load(rowIdOf('Model', 'id', id));
    return row && new Model(row);
  }

  @Needs('READ')
  @Query(() => ModelConnection, { description: 'All models, in the order in which they were imported.' })
  async models(@Args(() => PageArgs) args: PageArgs, @Ctx() { storage }: RequestContext): Promise<ConnectionOf<Model>> {
    const request = pageRequest('Model', args);
    return connection('Model', request, await storage.models.page(request), (row) => new Model(row));
  }

  @Needs('ADMIN')
  @Mutation(() => Model, {
    description: 'Starts to import a model and returns at once, IMPORTING; see `importProgress`.',
  })
  async importModel(
    @Arg('input', () => ImportModelInput) input: ImportModelInput,
    @Ctx() context: RequestContext,
  ): Promise<Model> {
    const model = newModel(input);
    if (model.hub === null) await requireBelow(context.access.modelRoots, 'input.path', model.source);
    return new Model(await context.storage.models.create({ ...model, starter: await context.starter() }));
  }

  @Needs('ADMIN')
  @Mutation(() => Model, {
    description:
      'Stops an import; the model is FAILED then. What was fetched is gone on from when it is imported again.',
  })
  async cancelImport(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Model> {
    const rowId = rowIdOf('Model', 'id', id);
    await modelOf(context, rowId);
    await context.storage.runs.cancel(rowId);
    context.loaders.models.clear(rowId);
    return modelOf(context, rowId);
  }

  @FieldResolver(() => [ModelStage], { description: 'What is done after the import, and how far it is.' })
  async stages(@Root() { row }: Model, @Ctx() { storage }: RequestContext): Promise<ModelStage[]> {
    const order = Object.keys(ModelStageName);
    return (await storage.models.stages(row.id)).sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  }

  @FieldResolver(() => [Image], {
    description: 'A gallery of unedited samples, one per seed from 0. Filled after the import: fewer may be there yet.',
  })
  async samples(
    @Root() model: Model,
    @Arg('first', () => Int, { nullable: true, defaultValue: 8, description: '1 to 64.' }) first: number | null,
    @Ctx() { storage }: RequestContext,
  ): Promise<Image[]> {
    const count = checkInteger('first', first ?? 8, { min: 1, max: 64 });
    return (await storage.models.samples(model.row.id, count)).map((row) => new Image(row));
  }

  @FieldResolver(() => DirectionConnection, { description: 'Its directions, from all discoveries.' })
  directions(
    @Root() model: Model,
    @Args(() => DirectionPageArgs) args: DirectionPageArgs,
    @Ctx() context: RequestContext,
  ): Promise<ConnectionOf<Direction>> {
    return directionPage(context, model.row.id, args);
  }

  @FieldResolver(() => DiscoveryConnection, { description: 'Its discoveries, the newest first.' })
  async discoveries(
    @Root() model: Model,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { storage }: RequestContext,
  ): Promise<ConnectionOf<Discovery>> {
    const request = pageRequest('Discovery', args);
    const page = await storage.discoveries.page({ modelId: model.row.id }, request);
    return connection('Discovery', request, page, (row) => new Discovery(row));
  }
}
