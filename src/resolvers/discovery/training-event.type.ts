import { createUnionType, Field, Float, Int, ObjectType } from 'type-graphql';
import type { EventRow } from '../../storage/types.js';
import { RunEvent, StatusChanged } from '../runs.js';

/** The events of a discovery. Fields without a decorator are row ids, for the resolvers beside. */

@ObjectType({ implements: RunEvent, description: 'Losses and speed of one training step.' })
export class TrainingStep extends RunEvent {
  @Field(() => Int, { description: 'The step, from 1.' })
  step!: number;

  @Field(() => Int, { description: 'Steps in all.' })
  totalSteps!: number;

  @Field(() => Float, { description: 'The sum that is minimised.' })
  loss!: number;

  @Field(() => Float, { description: 'Cross-entropy of the direction that the reconstructor names, in nats.' })
  classificationLoss!: number;

  @Field(() => Float, { description: 'Loss of the strength that the reconstructor reads off.' })
  strengthLoss!: number;

  @Field(() => Float, { nullable: true, description: 'Loss of the shift against the discriminator, if there is one.' })
  adversarialLoss!: number | null;

  @Field(() => Float, { nullable: true, description: "The discriminator's own loss, if there is one." })
  discriminatorLoss!: number | null;

  @Field(() => Float, { description: 'Share of the batch whose direction was named rightly, 0 to 1.' })
  accuracy!: number;

  @Field(() => Float, { description: 'Seconds that a step takes.' })
  secondsPerStep!: number;

  @Field(() => Float, { description: 'Peak memory of the process, in bytes.' })
  peakMemoryBytes!: number;
}

@ObjectType({
  implements: RunEvent,
  description: 'Predicted x0 at one timestep of a sample in training, with and without shift.',
})
export class TrainingPreview extends RunEvent {
  @Field(() => Int, { description: 'The training step, from 1.' })
  step!: number;

  @Field(() => Int, { description: 'Index of the direction that was applied.' })
  directionIndex!: number;

  @Field(() => Float, { description: 'The strength that it was applied at.' })
  strength!: number;

  @Field(() => Int, { description: 'The timestep of the noise schedule.' })
  timestep!: number;

  @Field(() => Int, { description: 'The sampling step, from 0 (the noisiest).' })
  stepIndex!: number;

  @Field(() => Int, { description: 'Sampling steps in all.' })
  samplingSteps!: number;

  originalId!: string;
  shiftedId!: string;
}

@ObjectType({ implements: RunEvent, description: 'A checkpoint is stored: a crash costs no step up to it.' })
export class CheckpointSaved extends RunEvent {
  @Field(() => Int, { description: 'The training step, from 1.' })
  step!: number;
}

@ObjectType({ implements: RunEvent, description: 'The directions have been measured again.' })
export class ScorecardUpdated extends RunEvent {
  @Field(() => Int, { description: 'The training step, from 1.' })
  step!: number;

  directionIds!: string[];
}

export const TrainingEvent = createUnionType({
  name: 'TrainingEvent',
  description: 'An event of a discovery.',
  types: () => [StatusChanged, TrainingStep, TrainingPreview, CheckpointSaved, ScorecardUpdated] as const,
});

export function trainingEvent(row: EventRow): RunEvent {
  switch (row.type) {
    case 'TrainingStep':
      return new TrainingStep(row);
    case 'TrainingPreview':
      return new TrainingPreview(row);
    case 'CheckpointSaved':
      return new CheckpointSaved(row);
    case 'ScorecardUpdated':
      return new ScorecardUpdated(row);
    default:
      return new StatusChanged(row);
  }
}
