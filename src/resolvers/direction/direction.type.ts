import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { DirectionRow } from '../../storage/types.js';
import { connectionType } from '../connections.js';
import { DirectionOrigin, ReverseProcess, ShiftKind } from '../enums.js';
import { Node } from '../node/node.type.js';

const KID = 'Kernel distance (KID): unbiased MMD² with the cubic polynomial kernel, around 0 where nothing differs.';
const FRECHET = 'Fréchet distance of the Gaussians of both sets, in at most 16 dimensions.';

@ObjectType({
  description:
    "How far samples shifted at one strength are from unshifted ones of other seeds, in features of the model's own UNet. To be judged beside `Direction.fidelityBaseline`.",
})
export class FidelityPoint {
  @Field(() => Float, { description: 'The strength.' })
  strength!: number;

  @Field(() => Float, { description: KID })
  kid!: number;

  @Field(() => Float, { description: FRECHET })
  frechetDistance!: number;
}

@ObjectType({
  description:
    'What distances say where nothing was shifted: unshifted samples, split at random, at the sample counts of each FidelityPoint.',
})
export class FidelityBaseline {
  @Field(() => Int, { description: 'Shifted samples of each FidelityPoint.' })
  samples!: number;

  @Field(() => Float, { description: KID })
  kid!: number;

  @Field(() => Float, { description: FRECHET })
  frechetDistance!: number;
}

@ObjectType({ description: 'The strengths within which samples stay faithful.' })
export class StrengthRange {
  @Field(() => Float, { description: 'The most negative strength.' })
  min!: number;

  @Field(() => Float, { description: 'The most positive strength.' })
  max!: number;
}

@ObjectType({
  implements: Node,
  description: 'A direction in the h-space of a model. Adding it to h at a strength edits an image.',
})
export class Direction extends Node {
  constructor(readonly row: DirectionRow) {
    super('Direction', row.id);
  }

  @Field(() => DirectionOrigin, { description: 'Where it comes from.' })
  get origin(): string {
    return this.row.origin;
  }

  @Field(() => Int, { description: 'Its place in its discovery, from 0.' })
  get index(): number {
    return this.row.index;
  }

  @Field(() => Int, { description: 'Training step that its parameters are from; 0 before the first checkpoint.' })
  get version(): number {
    return this.row.version;
  }

  @Field(() => ShiftKind, { description: 'What it is made of.' })
  get kind(): string {
    return this.row.kind;
  }

  @Field(() => ReverseProcess, { description: 'The process that it was trained with.' })
  get reverseProcess(): string {
    return this.row.reverseProcess;
  }

  @Field(() => Int, { description: 'The number of sampling steps that it was trained with (T_ref).' })
  get samplingSteps(): number {
    return this.row.samplingSteps;
  }

  @Field(() => String, { description: 'Its name; `updateDirection` changes it.' })
  get name(): string {
    return this.row.name;
  }

  @Field(() => [String], { description: 'Free labels.' })
  get tags(): readonly string[] {
    return this.row.tags;
  }

  @Field(() => Boolean, { description: 'Marked by a user.' })
  get favourite(): boolean {
    return this.row.favourite;
  }

  @Field(() => Boolean, { description: 'Hidden from pickers by a user.' })
  get hidden(): boolean {
    return this.row.hidden;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'Share of fresh pairs (0 to 1) in which the reconstructor names this direction. Null until measured.',
  })
  get accuracy(): number | null {
    return this.row.accuracy;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'Mean absolute error of the strength that the reconstructor reads off, in units of strength. Null until measured.',
  })
  get strengthError(): number | null {
    return this.row.strengthError;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      "Spearman's ρ of strength and the image's change along the direction's own mean change, -1 to 1. Null until measured.",
  })
  get monotonicity(): number | null {
    return this.row.monotonicity;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'RMS change of the image (values in -1 to 1) per unit of strength. Null until measured.',
  })
  get effectSize(): number | null {
    return this.row.effectSize;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'How little it resembles the other directions of its discovery, 0 to 1. Null until measured.',
  })
  get uniqueness(): number | null {
    return this.row.uniqueness;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'To sort by: accuracy · monotonicity (at least 0) · uniqueness, 0 for a dead direction. Null until measured.',
  })
  get score(): number | null {
    return this.row.score;
  }

  @Field(() => Boolean, { description: 'It changes next to nothing in the image.' })
  get dead(): boolean {
    return this.row.dead;
  }

  @Field(() => [FidelityPoint], {
    description:
      "At the largest strength of its discovery and at half of it, both ways, ascending. Empty until the discovery's end, and where its training was too short to afford the samples.",
  })
  get fidelity(): readonly FidelityPoint[] {
    return this.row.fidelity;
  }

  @Field(() => FidelityBaseline, {
    nullable: true,
    description: 'What the points of `fidelity` are judged by. Null where there are none.',
  })
  get fidelityBaseline(): FidelityBaseline | null {
    return this.row.fidelityBaseline;
  }

  @Field(() => StrengthRange, {
    nullable: true,
    description:
      'The strengths around 0 within which the Fréchet distance stays within twice that of `fidelityBaseline`, interpolated between the points of `fidelity`. Null where there are none.',
  })
  get strengthRange(): StrengthRange | null {
    return this.row.strengthRange;
  }
}

export const DirectionConnection = connectionType('Direction', Direction);
