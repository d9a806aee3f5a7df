import { ArgsType, Field, Float, ID, InputType } from 'type-graphql';
import type { DirectionFilterRow } from '../../storage/types.js';
import { checkCount, checkNumber, checkText } from '../checks.js';
import { PageArgs } from '../connections.js';
import {
  DirectionOrder,
  type DirectionOrderName,
  DirectionOrigin,
  type DirectionOriginName,
  ReverseProcess,
  type ReverseProcessName,
} from '../enums.js';
import { rowIdOf } from '../ids.js';

@InputType({ description: 'Narrows a list of directions; the conditions given must all hold.' })
export class DirectionFilter {
  @Field(() => ID, { nullable: true, description: 'Found by this discovery.' })
  discoveryId?: string | null;

  @Field(() => DirectionOrigin, { nullable: true, description: 'Comes from there.' })
  origin?: DirectionOriginName | null;

  @Field(() => String, { nullable: true, description: 'Has this tag.' })
  tag?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Is a favourite, or is not.' })
  favourite?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Is hidden, or is not.' })
  hidden?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Is dead, or is not.' })
  dead?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Its score is at least this, 0 to 1. Leaves out those not measured.',
  })
  minScore?: number | null;
}

@ArgsType()
export class DirectionPageArgs extends PageArgs {
  @Field(() => DirectionFilter, { nullable: true, description: 'All of them if left out.' })
  filter?: DirectionFilter | null;

  @Field(() => DirectionOrder, { nullable: true, description: 'INDEX if left out.' })
  orderBy?: DirectionOrderName | null;
}

@InputType({ description: 'What to change in a direction; a field left out stays as it is.' })
export class UpdateDirectionInput {
  @Field(() => ID, { description: 'The direction.' })
  id!: string;

  @Field(() => String, { nullable: true, description: '1 to 120 characters.' })
  name?: string | null;

  @Field(() => [String], { nullable: true, description: 'Replaces all tags: at most 32, each of 1 to 64 characters.' })
  tags?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Mark it, or take the mark away.' })
  favourite?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Hide it from pickers, or show it again.' })
  hidden?: boolean | null;
}

@InputType({ description: 'A direction, and how much of it.' })
export class MergePartInput {
  @Field(() => ID, { description: 'The direction.' })
  directionId!: string;

  @Field(() => Float, { description: 'How much of its strength 1 goes into that of the sum, -100 to 100.' })
  weight!: number;
}

@InputType({ description: 'A weighted sum of directions, and what is taken out of it.' })
export class MergeDirectionsInput {
  @Field(() => [MergePartInput], { description: '1 to 16 directions of one model, none of kind BLOCK.' })
  parts!: MergePartInput[];

  @Field(() => [ID], {
    nullable: true,
    description: 'At most 8 directions whose change of images is taken out of the sum, none of kind BLOCK.',
  })
  projectOut?: string[] | null;

  @Field(() => ReverseProcess, {
    nullable: true,
    description: "That of the sum. Needed where the parts' own differ.",
  })
  reverseProcess?: ReverseProcessName | null;

  @Field(() => String, {
    nullable: true,
    description: '1 to 120 characters; made of the names of the parts if left out.',
  })
  name?: string | null;
}

/** A filter as storage takes it: conditions not given are absent. */
export function directionFilter(filter: DirectionFilter | null | undefined): DirectionFilterRow {
  const { discoveryId, origin, tag, favourite, hidden, dead, minScore } = filter ?? {};
  return {
    ...(discoveryId == null ? {} : { discoveryId: rowIdOf('Discovery', 'filter.discoveryId', discoveryId) }),
    ...(origin == null ? {} : { origin }),
    ...(tag == null ? {} : { tag: checkText('filter.tag', tag, { min: 1, max: 64 }) }),
    ...(favourite == null ? {} : { favourite }),
    ...(hidden == null ? {} : { hidden }),
    ...(dead == null ? {} : { dead }),
    ...(minScore == null ? {} : { minScore: checkNumber('filter.minScore', minScore, { min: 0, max: 1 }) }),
  };
}

export interface DirectionPatch {
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly favourite?: boolean;
  readonly hidden?: boolean;
}

export function directionPatch({ name, tags, favourite, hidden }: UpdateDirectionInput): DirectionPatch {
  return {
    ...(name == null ? {} : { name: checkText('input.name', name, { min: 1, max: 120 }) }),
    ...(tags == null ? {} : { tags: directionTags(tags) }),
    ...(favourite == null ? {} : { favourite }),
    ...(hidden == null ? {} : { hidden }),
  };
}

function directionTags(tags: readonly string[]): readonly string[] {
  const texts = checkCount('input.tags', tags, 32).map((tag, index) =>
    checkText(`input.tags[${index}]`, tag, { min: 1, max: 64 }),
  );
  return [...new Set(texts)];
}
