import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { checkLimits } from '../../access/limit-error.js';
import type { DiscoveryConfig } from '../../engine/index.js';
import { checkInteger } from '../checks.js';
import { type ConnectionOf, connection, pageRequest } from '../connections.js';
import type { RequestContext } from '../context.js';
import { DirectionPageArgs } from '../direction/direction.input.js';
import { directionPage } from '../direction/direction.resolver.js';
import { type Direction, DirectionConnection } from '../direction/direction.type.js';
import { ApiError, notFound } from '../errors.js';
import { idempotencyOf } from '../idempotency.js';
import { rowIdOf } from '../ids.js';
import { Model } from '../model/model.type.js';
import { Needs } from '../needs.js';
import { modelOf, readyModelOf } from '../nodes.js';
import { RunPageArgs, runFilter } from '../runs.js';
import { StartDiscoveryInput } from './discovery.input.js';
import { Discovery, DiscoveryConnection } from './discovery.type.js';
import { DiscoveryEstimate } from './estimate.type.js';
import { resolveDiscoveryConfig } from './resolve-config.js';
import { TrainingStep } from './training-event.type.js';

/** No answer holds more training steps than this; `every` thins them. */
const LOSSES_MAX = 10_000;

@ArgsType()
class LossesArgs {
  @Field(() => Int, { nullable: true, defaultValue: 1, description: 'Every n-th step: 1, 1 + n, 1 + 2n …' })
  every?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `Of those the newest so many; 1 to ${LOSSES_MAX}, which is also the default.`,
  })
  last?: number | null;
}

/** Changes a discovery's run and gives it as it is then; NOT_FOUND if there is none. */
async function changed(
  { loaders }: RequestContext,
  id: string,
  change: (rowId: string) => Promise<unknown>,
): Promise<Discovery> {
  const rowId = rowIdOf('Discovery', 'id', id);
  if ((await loaders.discoveries.load(rowId)) === null) throw notFound('Discovery', id);
  await change(rowId);
  const row = await loaders.discoveries.clear(rowId).load(rowId);
  if (row === null) throw notFound('Discovery', id);
  return new Discovery(row);
}

/** What the server's operator allows may be less than what a model could do. */
function checkSize({ access }: RequestContext, { trainingSteps, samplingSteps, directions }: DiscoveryConfig): void {
  checkLimits(access.limits, { trainingSteps, samplingSteps, directions }, 'Ask for less.');
}

@Resolver(() => Discovery)
export class DiscoveryResolver {
  @Needs('READ')
  @Query(() => Discovery, { nullable: true, description: 'One discovery; null if there is none with this id.' })
  async discovery(@Arg('id', () => ID) id: string, @Ctx() { loaders }: RequestContext): Promise<Discovery | null> {
    const row = await loaders.discoveries.load(rowIdOf('Discovery', 'id', id));
    return row && new Discovery(row);
  }

  @Needs('READ')
  @Query(() => DiscoveryConnection, { description: 'All discoveries, the newest first.' })
  async discoveries(
    @Args(() => RunPageArgs) args: RunPageArgs,
    @Ctx() { storage }: RequestContext,
  ): Promise<ConnectionOf<Discovery>> {
    const request = pageRequest('Discovery', args);
    const page = await storage.discoveries.page(runFilter(args), request);
    return connection('Discovery', request, page, (row) => new Discovery(row));
  }

  @Needs('TRAIN')
  @Mutation(() => Discovery, { description: 'Starts to find directions and returns at once; see `trainingProgress`.' })
  async startDiscovery(
    @Arg('input', () => StartDiscoveryInput) input: StartDiscoveryInput,
    @Ctx() context: RequestContext,
  ): Promise<Discovery> {
    const model = await readyModelOf(context, 'input.modelId', input.modelId);
    const config = resolveDiscoveryConfig(input, model.row);
    checkSize(context, config);
    const modelId = model.row.id;
    const row = await context.storage.discoveries.start({
      modelId,
      config: { ...config },
      totalSteps: config.trainingSteps,
      idempotency: idempotencyOf('startDiscovery', input.idempotencyKey, { modelId, ...config }),
      starter: await context.starter(),
    });
    return new Discovery(row);
  }

  @Needs('TRAIN')
  @Query(() => DiscoveryEstimate, {
    description: 'What a discovery would take, without starting it. CONFLICT while no worker is running.',
  })
  async estimateDiscovery(
    @Arg('input', () => StartDiscoveryInput) input: StartDiscoveryInput,
    @Ctx() context: RequestContext,
  ): Promise<DiscoveryEstimate> {
    const { row } = await readyModelOf(context, 'input.modelId', input.modelId);
    const config = resolveDiscoveryConfig(input, row);
    checkSize(context, config);
    if ((await context.storage.status.server()).workers === 0) {
      throw new ApiError('CONFLICT', 'No worker is running; try again in a few seconds.');
    }
    return context.estimate({ modelId: row.id, config });
  }

  @Needs('TRAIN')
  @Mutation(() => Discovery, {
    description:
      'Stops a discovery for good; its directions up to now stay. CONFLICT if it has a final status already.',
  })
  cancelDiscovery(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Discovery> {
    return changed(context, id, (rowId) => context.storage.runs.cancel(rowId));
  }

  @Needs('TRAIN')
  @Mutation(() => Discovery, {
    description:
      'Stops a discovery for a while: at once if it is QUEUED, else at the end of the training step under way, with a checkpoint. CONFLICT if it is neither QUEUED nor RUNNING.',
  })
  pauseDiscovery(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Discovery> {
    return changed(context, id, (rowId) => context.storage.runs.pause(rowId));
  }

  @Needs('TRAIN')
  @Mutation(() => Discovery, {
    description: 'Goes on with a paused discovery, from the step where it stopped. CONFLICT if it is not paused.',
  })
  resumeDiscovery(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Discovery> {
    return changed(context, id, (rowId) => context.storage.runs.resume(rowId));
  }

  @FieldResolver(() => Model, { description: 'The model that it works on.' })
  model(@Root() { row }: Discovery, @Ctx() context: RequestContext): Promise<Model> {
    return modelOf(context, row.modelId);
  }

  @FieldResolver(() => [TrainingStep], { description: 'Losses of the steps done, the oldest first.' })
  async losses(
    @Root() { row }: Discovery,
    @Args(() => LossesArgs) { every, last }: LossesArgs,
    @Ctx() { storage }: RequestContext,
  ): Promise<TrainingStep[]> {
    const stride = checkInteger('every', every ?? 1, { min: 1, max: 1_000_000 });
    const count = checkInteger('last', last ?? LOSSES_MAX, { min: 1, max: LOSSES_MAX });
    return (await storage.discoveries.losses(row.id, stride, count)).map((event) => new TrainingStep(event));
  }

  @FieldResolver(() => DirectionConnection, {
    description:
      'Its directions, all of them unless filtered; usable from the first checkpoint, while training goes on.',
  })
  directions(
    @Root() { row }: Discovery,
    @Args(() => DirectionPageArgs) args: DirectionPageArgs,
    @Ctx() context: RequestContext,
  ): Promise<ConnectionOf<Direction>> {
    return directionPage(context, row.modelId, args, row.id);
  }
}
