import { Field, Float, ID, InputType, Int } from 'type-graphql';
import {
  DiscoveryMethod,
  type DiscoveryMethodName,
  ReverseProcess,
  type ReverseProcessName,
  ShiftKind,
  type ShiftKindName,
  SubspaceStart,
  type SubspaceStartName,
} from '../enums.js';
import { DISCOVERY_DEFAULTS } from './defaults.js';

@InputType({ description: 'A discovery to start.' })
export class StartDiscoveryInput {
  @Field(() => ID, { description: 'The model; it must be READY.' })
  modelId!: string;

  @Field(() => DiscoveryMethod, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.method,
    description:
      'How to find the directions: LEARNED, or one of the baselines PCA, JACOBIAN and RANDOM, whose directions are fixed and only the reconstructor learns.',
  })
  method?: DiscoveryMethodName | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.directions,
    description: 'How many directions (K), 1 to 256; SUBSPACE at most 64.',
  })
  directions?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.trainingSteps,
    description: 'Training steps, 1 to 1000000.',
  })
  trainingSteps?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.batchSize,
    description: 'Samples per training step, 1 to 64.',
  })
  batchSize?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.samplingSteps,
    description: "DDIM steps of each sample (T), 2 to 1000 and at most the model's `trainTimesteps`.",
  })
  samplingSteps?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Through how many of the last sampling steps the gradient goes, 1 to `samplingSteps`; all of them if left out. Fewer take less time. LEARNED alone.',
  })
  gradientSteps?: number | null;

  @Field(() => ShiftKind, {
    nullable: true,
    description:
      'What the directions are made of. LEARNED: SUBSPACE (if left out), GLOBAL, TIMESTEP or BLOCK; RANDOM: GLOBAL (if left out), TIMESTEP or BLOCK; PCA and JACOBIAN: PER_TIMESTEP.',
  })
  shift?: ShiftKindName | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'GLOBAL and TIMESTEP: a value for each place of h, not only for each channel; false if left out. PER_TIMESTEP: always true. The others: false.',
  })
  fullSpatial?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Keep the directions orthonormal. GLOBAL and TIMESTEP: false if left out; if true, K is at most the dimension. SUBSPACE: false if left out where it starts INDEPENDENT, else true. The others: false.',
  })
  orthonormal?: boolean | null;

  @Field(() => SubspaceStart, {
    nullable: true,
    description: 'SUBSPACE: where the directions start; INDEPENDENT if left out. Not for the other kinds.',
  })
  start?: SubspaceStartName | null;

  @Field(() => ReverseProcess, {
    nullable: true,
    description: 'Where the shift acts in a DDIM step; SYMMETRIC if left out.',
  })
  reverseProcess?: ReverseProcessName | null;

  @Field(() => Float, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.maxStrength,
    description: 'Largest magnitude of strength to train with, above `minStrength` and at most 100.',
  })
  maxStrength?: number | null;

  @Field(() => Float, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.minStrength,
    description: 'Smallest magnitude of strength to train with, at least 0.',
  })
  minStrength?: number | null;

  @Field(() => Float, { nullable: true, description: 'Of the directions (Adam), above 0 to 1; 0.0003 if left out.' })
  learningRate?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Weight of the adversarial loss, 0 (no discriminator) to 1000; 0.05 if left out.',
  })
  adversarialWeight?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.seed,
    description: 'Seed of everything random, 0 to 2147483647.',
  })
  seed?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.checkpointEvery,
    description: 'Training steps between two checkpoints, at least 1: the most that a crash costs.',
  })
  checkpointEvery?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DISCOVERY_DEFAULTS.previewEvery,
    description: 'Training steps between two previews; 0 for none.',
  })
  previewEvery?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      '1 to 200 characters. Used again with the same input it returns the same run; with another it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}
