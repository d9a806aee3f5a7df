import { Field, Float, ObjectType } from 'type-graphql';

@ObjectType({ description: 'What a discovery would take, from a short probe on the device in use.' })
export class DiscoveryEstimate {
  @Field(() => Float, { description: 'Mean over all training steps.' })
  secondsPerStep!: number;

  @Field(() => Float, { description: 'Training and scoring, and the statistics of h where the model has none yet.' })
  totalSeconds!: number;

  @Field(() => Float, { description: "Peak memory of the engine's process." })
  peakMemoryBytes!: number;

  @Field(() => Boolean, { description: 'Whether the memory now available will do.' })
  fits!: boolean;

  @Field(() => String, { nullable: true, description: 'What to change where it will not fit.' })
  advice!: string | null;
}
