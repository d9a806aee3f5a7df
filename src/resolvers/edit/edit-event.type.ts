import { createUnionType, Field, Int, ObjectType } from 'type-graphql';
import type { EventRow } from '../../storage/types.js';
import { RunEvent, StatusChanged } from '../runs.js';

/** The events of an edit. Fields without a decorator are row ids, for the resolvers beside. */

@ObjectType({ implements: RunEvent, description: 'Predicted x0 at one timestep.' })
export class EditFrame extends RunEvent {
  @Field(() => Int, { description: 'The timestep of the noise schedule.' })
  timestep!: number;

  @Field(() => Int, { description: 'The sampling step, from 0 (the noisiest).' })
  stepIndex!: number;

  @Field(() => Int, { description: 'Sampling steps of its pass in all.' })
  samplingSteps!: number;

  imageId!: string;
  originalId?: string | null;
  differenceId?: string | null;
  /** Absent in events of version 0.1.0. */
  coarse?: boolean;
}

@ObjectType({ implements: RunEvent, description: 'The result is there. StatusChanged SUCCEEDED follows.' })
export class EditFinished extends RunEvent {
  resultId!: string;
  originalId!: string | null;
}

export const EditEvent = createUnionType({
  name: 'EditEvent',
  description: 'An event of an edit.',
  types: () => [StatusChanged, EditFrame, EditFinished] as const,
});

export function editEvent(row: EventRow): RunEvent {
  switch (row.type) {
    case 'EditFrame':
      return new EditFrame(row);
    case 'EditFinished':
      return new EditFinished(row);
    default:
      return new StatusChanged(row);
  }
}
