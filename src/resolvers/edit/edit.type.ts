import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { EditRow, ShiftRow } from '../../storage/types.js';
import { connectionType } from '../connections.js';
import { ImageFit, ReverseProcess, RunStatus, type RunStatusName } from '../enums.js';
import { Node } from '../node/node.type.js';
import { RunError } from '../runs.js';
import { EDIT_DEFAULTS } from './edit.input.js';

@ObjectType({ description: 'A point of the curve that weights a shift over the sampling steps.' })
export class CurvePoint {
  @Field(() => Float, { description: '0 is the first (noisiest) step, 1 the last.' })
  t!: number;

  @Field(() => Float, { description: 'Multiplies the strength there.' })
  weight!: number;
}

@ObjectType({ description: 'One direction, as it is applied in an edit.' })
export class Shift {
  constructor(readonly row: ShiftRow) {}

  @Field(() => Float, {
    description: 'In the unit of the shift formula; negative goes the other way, 0 changes nothing.',
  })
  get strength(): number {
    return this.row.strength;
  }

  @Field(() => [CurvePoint], { description: 'Linear between points, clamped outside. Empty: weight 1 throughout.' })
  get curve(): readonly CurvePoint[] {
    return this.row.curve;
  }

  @Field(() => Int, { nullable: true, description: "The direction's version when the edit ran; null before." })
  get directionVersion(): number | null {
    return this.row.directionVersion;
  }
}

@ObjectType({ implements: Node, description: 'A sample of a model, edited along directions.' })
export class Edit extends Node {
  constructor(readonly row: EditRow) {
    super('Edit', row.id);
  }

  @Field(() => RunStatus, { description: 'Where it is.' })
  get status(): RunStatusName {
    return this.row.status;
  }

  @Field(() => RunError, { nullable: true, description: 'Why it failed.' })
  get error(): RunError | null {
    return this.row.error;
  }

  @Field(() => Int, { description: 'The seq of its newest event.' })
  get lastSeq(): number {
    return this.row.lastSeq;
  }

  @Field(() => Int, { nullable: true, description: 'Seed of the noise that it starts from.' })
  get seed(): number | null {
    return this.row.seed;
  }

  @Field(() => [Shift], { description: 'The directions applied; empty for an unedited sample.' })
  get shifts(): readonly Shift[] {
    return this.row.shifts.map((shift) => new Shift(shift));
  }

  @Field(() => Int, { description: 'DDIM steps.' })
  get samplingSteps(): number {
    return this.row.samplingSteps;
  }

  @Field(() => ReverseProcess, { description: 'Where the shifts act in a DDIM step.' })
  get reverseProcess(): string {
    return this.row.reverseProcess;
  }

  @Field(() => Float, { description: 'Noise added per step: 0 is deterministic DDIM, 1 is DDPM.' })
  get eta(): number {
    return this.row.eta;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'How well its inversion gives the fitted image back, without shifts and at eta 0: dB on 256 levels, 100 where no pixel differs. Null for a seed, and until it is known.',
  })
  get reconstructionPsnr(): number | null {
    return this.row.reconstructionPsnr;
  }

  @Field(() => ImageFit, {
    nullable: true,
    description: "How the image became as large as the model's; null for a seed.",
  })
  get fit(): string | null {
    return this.row.imageId === null ? null : (this.row.options.fit ?? EDIT_DEFAULTS.fit);
  }

  @Field(() => Float, { description: 'Share of the steps, the last ones, taken with eta 1.' })
  get qualityBoost(): number {
    return this.row.options.qualityBoost ?? EDIT_DEFAULTS.qualityBoost;
  }

  @Field(() => Int, { description: 'Steps of the coarse pass; 0 for none.' })
  get coarseSteps(): number {
    return this.row.options.coarseSteps ?? EDIT_DEFAULTS.coarseSteps;
  }

  @Field(() => Boolean, {
    description: 'Whether the same request had been computed before: nothing was computed anew.',
  })
  get cached(): boolean {
    return this.row.options.cached ?? false;
  }

  @Field(() => [String], { description: 'What may make the result differ from what was meant.' })
  get warnings(): readonly string[] {
    return this.row.warnings;
  }

  @Field(() => GraphQLDateTime, { description: 'When it was asked for, UTC.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it reached its final status, UTC.' })
  get finishedAt(): Date | null {
    return this.row.finishedAt;
  }
}

export const EditConnection = connectionType('Edit', Edit);
