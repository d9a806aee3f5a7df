import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { DiscoveryRow } from '../../storage/types.js';
import { connectionType } from '../connections.js';
import { DiscoveryMethod, ReverseProcess, RunStatus, type RunStatusName, ShiftKind, SubspaceStart } from '../enums.js';
import { Node } from '../node/node.type.js';
import { RunError } from '../runs.js';

@ObjectType({ description: 'Every hyper-parameter of a discovery, defaults filled in.' })
export class DiscoveryConfig {
  @Field(() => DiscoveryMethod, { description: 'How the directions are found.' })
  method!: string;

  @Field(() => Int, { description: 'How many directions (K).' })
  directions!: number;

  @Field(() => Int, { description: 'Training steps.' })
  trainingSteps!: number;

  @Field(() => Int, { description: 'Samples per training step.' })
  batchSize!: number;

  @Field(() => Int, { description: 'DDIM steps of each sample (T).' })
  samplingSteps!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Through how many of the last sampling steps the gradient goes; null for all of them.',
  })
  gradientSteps?: number | null;

  @Field(() => ShiftKind, { description: 'What the directions are made of.' })
  shift!: string;

  @Field(() => Boolean, { description: 'Whether there is a value for each place of h, not only for each channel.' })
  fullSpatial!: boolean;

  @Field(() => Boolean, { description: 'Whether the directions are kept orthonormal.' })
  orthonormal!: boolean;

  @Field(() => SubspaceStart, { nullable: true, description: 'Where the directions of a SUBSPACE start.' })
  start?: string | null;

  @Field(() => ReverseProcess, { description: 'Where the shift acts in a DDIM step.' })
  reverseProcess!: string;

  @Field(() => Float, { description: 'Largest magnitude of strength that is trained.' })
  maxStrength!: number;

  @Field(() => Float, { description: 'Smallest magnitude of strength that is trained.' })
  minStrength!: number;

  @Field(() => Float, { description: 'Learning rate of the directions (Adam).' })
  learningRate!: number;

  @Field(() => Float, { description: 'Weight of the adversarial loss; 0 trains no discriminator.' })
  adversarialWeight!: number;

  @Field(() => Int, { description: 'Seed of everything random; the same seed gives the same run on the same device.' })
  seed!: number;

  @Field(() => Int, { description: 'Training steps between two checkpoints.' })
  checkpointEvery!: number;

  @Field(() => Int, { description: 'Training steps between two previews; 0 for none.' })
  previewEvery!: number;
}

@ObjectType({ implements: Node, description: 'A run that finds directions in the h-space of a model.' })
export class Discovery extends Node {
  constructor(readonly row: DiscoveryRow) {
    super('Discovery', row.id);
  }

  @Field(() => RunStatus, { description: 'Where it is.' })
  get status(): RunStatusName {
    return this.row.status;
  }

  @Field(() => RunError, { nullable: true, description: 'Why it failed.' })
  get error(): RunError | null {
    return this.row.error;
  }

  @Field(() => DiscoveryConfig, { description: 'Its hyper-parameters, resolved.' })
  get config(): DiscoveryConfig {
    return this.row.config;
  }

  @Field(() => Int, { description: 'Training steps done.' })
  get step(): number {
    return this.row.step;
  }

  @Field(() => Int, { description: 'Training steps in all.' })
  get totalSteps(): number {
    return this.row.totalSteps;
  }

  @Field(() => Float, { nullable: true, description: 'Seconds per training step, lately.' })
  get secondsPerStep(): number | null {
    return this.row.secondsPerStep;
  }

  @Field(() => Float, { nullable: true, description: 'Peak memory of the process that computes it, in bytes.' })
  get peakMemoryBytes(): number | null {
    return this.row.peakMemoryBytes;
  }

  @Field(() => String, { nullable: true, description: 'The device that it runs, or last ran, on.' })
  get device(): string | null {
    return this.row.device;
  }

  @Field(() => GraphQLDateTime, { description: 'When it was asked for, UTC.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When a worker first took it, UTC.' })
  get startedAt(): Date | null {
    return this.row.startedAt;
  }

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it reached its final status, UTC.' })
  get finishedAt(): Date | null {
    return this.row.finishedAt;
  }

  @Field(() => Int, { nullable: true, description: 'The checkpoint that it last went on from, if it was interrupted.' })
  get resumedFromStep(): number | null {
    return this.row.resumedFromStep;
  }

  @Field(() => Int, { description: 'The seq of its newest event.' })
  get lastSeq(): number {
    return this.row.lastSeq;
  }
}

export const DiscoveryConnection = connectionType('Discovery', Discovery);
