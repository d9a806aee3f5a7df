import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { ReverseProcess, type ReverseProcessName } from '../enums.js';

/** What an edit takes where its input is silent. */
export const EDIT_DEFAULTS = { samplingSteps: 20, reverseProcess: 'SYMMETRIC', eta: 0, previewEvery: 1 } as const;

@InputType({ description: 'A point of the curve that weights a shift over the sampling steps.' })
export class CurvePointInput {
  @Field(() => Float, { description: '0 is the first (noisiest) step, 1 the last; ascending from point to point.' })
  t!: number;

  @Field(() => Float, { description: 'Multiplies the strength there, -100 to 100.' })
  weight!: number;
}

@InputType({ description: 'One direction to apply.' })
export class ShiftInput {
  @Field(() => ID, { description: 'A direction of the model.' })
  directionId!: string;

  @Field(() => Float, { description: '-100 to 100; negative goes the other way, 0 changes nothing.' })
  strength!: number;

  @Field(() => [CurvePointInput], {
    nullable: true,
    description: 'At most 64 points, linear between them and clamped outside. Weight 1 throughout if left out.',
  })
  curve?: CurvePointInput[] | null;
}

@InputType({ description: 'An edit to make.' })
export class ApplyEditInput {
  @Field(() => ID, { description: 'The model; it must be READY.' })
  modelId!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Seed of the noise to start from, 0 to 2147483647. Exactly one of seed and imageId.',
  })
  seed?: number | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The uploaded image to edit; refused in this version, which has no inversion.',
  })
  imageId?: string | null;

  @Field(() => [ShiftInput], { description: 'At most 32; [] samples, unedited.' })
  shifts!: ShiftInput[];

  @Field(() => Int, {
    nullable: true,
    defaultValue: EDIT_DEFAULTS.samplingSteps,
    description: "DDIM steps, 1 to 1000 and at most the model's `trainTimesteps`.",
  })
  samplingSteps?: number | null;

  @Field(() => ReverseProcess, {
    nullable: true,
    description: "Where the shifts act. If left out, the directions' own; SYMMETRIC if they differ or there is none.",
  })
  reverseProcess?: ReverseProcessName | null;

  @Field(() => Float, {
    nullable: true,
    defaultValue: EDIT_DEFAULTS.eta,
    description: 'Noise added per step, 0 (deterministic DDIM) to 1 (DDPM).',
  })
  eta?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: EDIT_DEFAULTS.previewEvery,
    description: 'A frame every n-th step, at least 1.',
  })
  previewEvery?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: "Pixels on the longer side of a frame, 8 to 2048; the model's resolution if left out.",
  })
  previewSize?: number | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The edit that this one supersedes: it is cancelled if it is not final.',
  })
  replaces?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      '1 to 200 characters. Used again with the same input it returns the same run; with another it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}
