import { Field, Float, Int, ObjectType } from 'type-graphql';

/** Roots are rows as a worker stored them. */

@ObjectType({ description: 'A direction that went into a sum.' })
export class MergedPart {
  @Field(() => Int, { description: 'Its version then.' })
  directionVersion!: number;

  @Field(() => Float, { description: 'How much of its strength 1 is in that of the sum.' })
  weight!: number;
}

@ObjectType({ description: 'A direction that was taken out of a sum.' })
export class MergedOut {
  @Field(() => Int, { description: 'Its version then.' })
  directionVersion!: number;

  @Field(() => Float, {
    description:
      'Leakage: |cosine| of the changes of images along the sum, as it was, and along this direction, 0 to 1.',
  })
  leakageBefore!: number;

  @Field(() => Float, { description: 'The same for what the sum has become, on the same samples.' })
  leakageAfter!: number;
}

@ObjectType({ description: 'What a merged direction is made of.' })
export class Merge {
  @Field(() => [MergedPart], { description: 'The weighted sum.' })
  parts!: readonly MergedPart[];

  @Field(() => [MergedOut], { description: 'What was taken out of it, and how well that went.' })
  removed!: readonly MergedOut[];
}
