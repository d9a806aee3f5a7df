import { Args, ArgsType, Ctx, Field, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { Direction } from '../direction/direction.type.js';
import { rowIdOf } from '../ids.js';
import { Image } from '../image/image.type.js';
import { Needs } from '../needs.js';
import { imageOf } from '../nodes.js';
import { followRun, ProgressArgs, type RunEvent, type SubscribeTo } from '../runs.js';
import { ScorecardUpdated, TrainingEvent, TrainingPreview, trainingEvent } from './training-event.type.js';

@ArgsType()
class TrainingProgressArgs extends ProgressArgs {
  @Field(() => ID, { description: 'The discovery.' })
  discoveryId!: string;
}

@Resolver()
export class TrainingProgressResolver {
  @Needs('READ')
  @Subscription(() => TrainingEvent, {
    description: 'The events of a discovery, from `after` on. Completes after the final status.',
    subscribe: ({ args, context }: SubscribeTo<TrainingProgressArgs>) => {
      const rowId = rowIdOf('Discovery', 'discoveryId', args.discoveryId);
      return followRun(context, { type: 'Discovery', rowId }, args, trainingEvent);
    },
  })
  trainingProgress(@Root() event: RunEvent, @Args(() => TrainingProgressArgs) _: TrainingProgressArgs): RunEvent {
    return event;
  }
}

@Resolver(() => TrainingPreview)
export class TrainingPreviewResolver {
  @FieldResolver(() => Image, { description: 'Predicted x0 without the shift.' })
  original(@Root() { originalId }: TrainingPreview, @Ctx() context: RequestContext): Promise<Image> {
    return imageOf(context, originalId);
  }

  @FieldResolver(() => Image, { description: 'Predicted x0 with the shift.' })
  shifted(@Root() { shiftedId }: TrainingPreview, @Ctx() context: RequestContext): Promise<Image> {
    return imageOf(context, shiftedId);
  }
}

@Resolver(() => ScorecardUpdated)
export class ScorecardUpdatedResolver {
  @FieldResolver(() => [Direction], { description: 'The directions measured, as they are now.' })
  async directions(
    @Root() { directionIds }: ScorecardUpdated,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Direction[]> {
    // A replay may come after one of them was deleted.
    const rows = await Promise.all(directionIds.map((id) => loaders.directions.load(id)));
    return rows.flatMap((row) => (row === null ? [] : [new Direction(row)]));
  }
}
