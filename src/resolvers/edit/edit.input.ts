import { Field, Float, ID, InputType, Int } from 'type-graphql';
import {
  ImageFit,
  type ImageFitName,
  ImageFormat,
  type ImageFormatName,
  ReverseProcess,
  type ReverseProcessName,
} from '../enums.js';

/** What an edit takes where its input is silent. */
export const EDIT_DEFAULTS = {
  samplingSteps: 20,
  reverseProcess: 'SYMMETRIC',
  eta: 0,
  qualityBoost: 0,
  fit: 'CROP',
  coarseSteps: 0,
  previewEvery: 1,
  previewFormat: 'PNG',
  previewTwins: false,
} as const;

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
    description:
      'The image to edit, uploaded to /images or made here. It is inverted first, once for each model, number of steps and fit.',
  })
  imageId?: string | null;

  @Field(() => ImageFit, {
    nullable: true,
    defaultValue: EDIT_DEFAULTS.fit,
    description: "How the image becomes as large as the model's.",
  })
  fit?: ImageFitName | null;

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

  @Field(() => Float, {
    nullable: true,
    defaultValue: EDIT_DEFAULTS.qualityBoost,
    description: 'Share of the steps, the last ones, that are taken with eta 1: 0 to 1. It may clean up strong edits.',
  })
  qualityBoost?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: EDIT_DEFAULTS.coarseSteps,
    description:
      'Steps of a first, coarse pass whose every step is a frame, 0 (none) to 50 and at most `samplingSteps`. The result is the same.',
  })
  coarseSteps?: number | null;

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

  @Field(() => ImageFormat, {
    nullable: true,
    defaultValue: EDIT_DEFAULTS.previewFormat,
    description: 'File format of the frames. Results are PNGs.',
  })
  previewFormat?: ImageFormatName | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: EDIT_DEFAULTS.previewTwins,
    description: 'Whether frames have the unedited image of the same step and the difference too.',
  })
  previewTwins?: boolean | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The edit that this one supersedes: it is cancelled if it is not final. Of a sweep all edits that are not.',
  })
  replaces?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      '1 to 200 characters. Used again with the same input it returns the same run; with another it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Edits of one base: every direction at every strength.' })
export class StartSweepInput {
  @Field(() => ApplyEditInput, {
    description: 'What they have in common. Its shifts act in each of them; coarseSteps must be left out.',
  })
  edit!: ApplyEditInput;

  @Field(() => [ID], { description: 'Directions to sweep, at least one.' })
  directionIds!: string[];

  @Field(() => [Float], { description: 'Strengths of each, at least one, -100 to 100; at most 256 edits in all.' })
  strengths!: number[];

  @Field(() => String, { nullable: true, description: 'As in ApplyEditInput, which must have none here.' })
  idempotencyKey?: string | null;
}
