import { Field, Float, ObjectType } from 'type-graphql';

@ObjectType({ description: 'What a discovery would take, from a short probe on the device in use.' })
export class DiscoveryEstimate {
  @Field(() => Float, {
    nullable: true,
    description: 'Mean over all training steps; null where it is so large that nothing was tried.',
  })
  secondsPerStep!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Training and scoring, and the statistics of h where the model has none yet; null where nothing was tried.',
  })
  totalSeconds!: number | null;

  @Field(() => Float, { description: "Peak memory of the engine's process." })
  peakMemoryBytes!: number;

  @Field(() => Boolean, { description: 'Whether the memory now available will do.' })
  fits!: boolean;

  @Field(() => String, { nullable: true, description: 'What to change where it will not fit.' })
  advice!: string | null;
}
