import { createUnionType, Field, Float, ObjectType } from 'type-graphql';
import type { EventRow } from '../../storage/types.js';
import { RunEvent, StatusChanged } from '../runs.js';

@ObjectType({ implements: RunEvent, description: 'Progress within one stage of an import.' })
export class ImportStage extends RunEvent {
  @Field(() => String, { description: 'Name of the stage.' })
  stage!: string;

  @Field(() => Float, { description: 'How much is done, in the unit of `total`.' })
  done!: number;

  @Field(() => Float, { description: 'How much there is to do.' })
  total!: number;
}

export const ImportEvent = createUnionType({
  name: 'ImportEvent',
  description: 'An event of an import.',
  types: () => [StatusChanged, ImportStage] as const,
});

export function importEvent(row: EventRow): RunEvent {
  return row.type === 'ImportStage' ? new ImportStage(row) : new StatusChanged(row);
}
