import { Args, ArgsType, Ctx, Field, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { rowIdOf } from '../ids.js';
import { Image } from '../image/image.type.js';
import { Needs } from '../needs.js';
import { imageOf, imageOrNull } from '../nodes.js';
import { followRun, ProgressArgs, type RunEvent, type SubscribeTo } from '../runs.js';
import { EditEvent, EditFinished, EditFrame, editEvent } from './edit-event.type.js';

@ArgsType()
class EditProgressArgs extends ProgressArgs {
  @Field(() => ID, { description: 'The edit.' })
  editId!: string;
}

@Resolver()
export class EditProgressResolver {
  @Needs('READ')
  @Subscription(() => EditEvent, {
    description: 'The events of an edit, from `after` on. Completes after the final status.',
    subscribe: ({ args, context }: SubscribeTo<EditProgressArgs>) => {
      const rowId = rowIdOf('Edit', 'editId', args.editId);
      return followRun(context, { type: 'Edit', rowId }, args, editEvent);
    },
  })
  editProgress(@Root() event: RunEvent, @Args(() => EditProgressArgs) _: EditProgressArgs): RunEvent {
    return event;
  }
}

@Resolver(() => EditFrame)
export class EditFrameResolver {
  @FieldResolver(() => Image, { description: 'Predicted x0 of the edited sample.' })
  image(@Root() { imageId }: EditFrame, @Ctx() context: RequestContext): Promise<Image> {
    return imageOf(context, imageId);
  }

  @FieldResolver(() => Image, {
    nullable: true,
    description: 'Predicted x0 of the unedited sample at this step; null unless `previewTwins` was asked for.',
  })
  original(@Root() { originalId }: EditFrame, @Ctx() context: RequestContext): Promise<Image | null> {
    return imageOrNull(context, originalId ?? null);
  }

  @FieldResolver(() => Image, {
    nullable: true,
    description: 'Half the difference of both around middle grey; null unless `previewTwins` was asked for.',
  })
  difference(@Root() { differenceId }: EditFrame, @Ctx() context: RequestContext): Promise<Image | null> {
    return imageOrNull(context, differenceId ?? null);
  }

  @FieldResolver(() => Boolean, { description: 'Whether it is of the coarse pass, which comes first.' })
  coarse(@Root() frame: EditFrame): boolean {
    return frame.coarse ?? false;
  }
}

@Resolver(() => EditFinished)
export class EditFinishedResolver {
  @FieldResolver(() => Image, { description: 'The edited sample.' })
  result(@Root() { resultId }: EditFinished, @Ctx() context: RequestContext): Promise<Image> {
    return imageOf(context, resultId);
  }

  @FieldResolver(() => Image, { nullable: true, description: 'The same sample without shifts.' })
  original(@Root() { originalId }: EditFinished, @Ctx() context: RequestContext): Promise<Image | null> {
    return imageOrNull(context, originalId);
  }
}
