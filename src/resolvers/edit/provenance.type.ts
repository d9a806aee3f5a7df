import { Field, Float, Int, ObjectType } from 'type-graphql';
import { ImageFit, ReverseProcess } from '../enums.js';
import { CurvePoint } from './edit.type.js';

/** Both are roots as a worker stored them; a field is null until the edit has started. */

@ObjectType({ description: 'A direction as it was when the edit ran.' })
export class ProvenanceShift {
  /** The row's UUID. */
  directionId!: string;

  @Field(() => Int, { nullable: true, description: 'Its version then.' })
  directionVersion!: number | null;

  @Field(() => Int, { nullable: true, description: 'Its place in its discovery.' })
  index!: number | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 (hex) of its parameters.' })
  parametersHash!: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 (hex) of the statistics of h that scale it.' })
  statisticsHash!: string | null;

  @Field(() => Float, { description: 'The strength.' })
  strength!: number;

  @Field(() => [CurvePoint], { description: 'The curve; empty for weight 1 throughout.' })
  curve!: CurvePoint[];
}

@ObjectType({
  description: 'Everything that determined the bytes of a result. Fields are null until the edit has started.',
})
export class Provenance {
  @Field(() => String, { nullable: true, description: 'SHA-256 (hex) of the configuration and weights of the model.' })
  modelHash!: string | null;

  @Field(() => Int, { nullable: true, description: 'Seed of the noise.' })
  seed!: number | null;

  @Field(() => [ProvenanceShift], { nullable: true, description: 'The directions, as they were.' })
  shifts!: ProvenanceShift[] | null;

  @Field(() => Int, { nullable: true, description: 'DDIM steps.' })
  samplingSteps!: number | null;

  @Field(() => ReverseProcess, { nullable: true, description: 'Where the shifts acted in a DDIM step.' })
  reverseProcess!: string | null;

  @Field(() => Float, { nullable: true, description: 'Noise added per step, 0 to 1.' })
  eta!: number | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 (hex) of the image file; null for a seed.' })
  imageHash!: string | null;

  @Field(() => ImageFit, { nullable: true, description: "How it became as large as the model's." })
  fit!: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 (hex) of the latents that it was inverted to.' })
  latentsHash!: string | null;

  @Field(() => Float, { nullable: true, description: 'Share of the steps, the last ones, taken with eta 1.' })
  qualityBoost!: number | null;

  @Field(() => Int, { nullable: true, description: 'Samples in one session run: more than 1 in a sweep.' })
  batch!: number | null;

  @Field(() => [String], { nullable: true, description: 'Names and versions of the software beneath.' })
  software!: string[] | null;

  @Field(() => String, { nullable: true, description: 'The processor and how many threads compute on it.' })
  processor!: string | null;

  @Field(() => String, { nullable: true, description: "Azimuth's version." })
  version!: string | null;

  @Field(() => String, { nullable: true, description: 'The device that computed it.' })
  device!: string | null;
}
