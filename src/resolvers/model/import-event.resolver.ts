import { Args, ArgsType, Field, ID, Resolver, Root, Subscription } from 'type-graphql';
import { rowIdOf } from '../ids.js';
import { Needs } from '../needs.js';
import { AfterArgs, followRun, type RunEvent, type SubscribeTo } from '../runs.js';
import { ImportEvent, importEvent } from './import-event.type.js';

@ArgsType()
class ImportProgressArgs extends AfterArgs {
  @Field(() => ID, { description: 'The model that is being imported.' })
  modelId!: string;
}

@Resolver()
export class ImportProgressResolver {
  @Needs('READ')
  @Subscription(() => ImportEvent, {
    description: 'The events of the import of a model, from `after` on. Completes after the final status.',
    subscribe: ({ args, context }: SubscribeTo<ImportProgressArgs>) => {
      // The run of an import has the id of its model.
      const rowId = rowIdOf('Model', 'modelId', args.modelId);
      return followRun(context, { type: 'Model', rowId }, args, importEvent);
    },
  })
  importProgress(@Root() event: RunEvent, @Args(() => ImportProgressArgs) _: ImportProgressArgs): RunEvent {
    return event;
  }
}
