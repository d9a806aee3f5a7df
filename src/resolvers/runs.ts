import { GraphQLDateTime } from 'graphql-scalars';
import { ArgsType, Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import { eventsExpired } from '../storage/errors.js';
import type { EventRow, RunErrorRow, RunRow } from '../storage/types.js';
import { checkAfter } from './checks.js';
import { PageArgs } from './connections.js';
import type { RequestContext } from './context.js';
import { FrameDelivery, type FrameDeliveryName, RunStatus, type RunStatusName } from './enums.js';
import { notFound } from './errors.js';
import { globalId, rowIdOf } from './ids.js';
import { RunStream } from './run-stream.js';
import { latestFrames } from './streams.js';

/** What discoveries, edits and imports have in common. */

@ObjectType({ description: 'Why a run or an import failed.' })
export class RunError implements RunErrorRow {
  @Field(() => String, { description: 'One of the documented error codes, as in `extensions.code`.' })
  code!: string;

  @Field(() => String, { description: 'What was expected, what was found, and what to do.' })
  message!: string;
}

@InterfaceType({ description: 'One entry of the append-only log of a run.' })
export abstract class RunEvent {
  @Field(() => Int, { description: "The run's own sequence number: 1, 2, 3 … without gaps." })
  readonly seq: number;

  @Field(() => GraphQLDateTime, { description: 'When it was logged, UTC.' })
  readonly at: Date;

  /** A payload's keys are the event's own fields, images standing in it by id: see `EventTypeName`. */
  constructor(row: EventRow) {
    Object.assign(this, row.payload);
    this.seq = row.seq;
    this.at = row.at;
  }
}

@ObjectType({ implements: RunEvent, description: 'The run has a new status. A final status is always the last event.' })
export class StatusChanged extends RunEvent {
  @Field(() => RunStatus, { description: 'The new status.' })
  status!: RunStatusName;

  @Field(() => RunError, { nullable: true, description: 'Why, if the status is FAILED.' })
  error!: RunError | null;
}

@ArgsType()
export class RunPageArgs extends PageArgs {
  @Field(() => ID, { nullable: true, description: 'Of this model only.' })
  modelId?: string | null;

  @Field(() => RunStatus, { nullable: true, description: 'With this status only.' })
  status?: RunStatusName | null;
}

export function runFilter({ modelId, status }: RunPageArgs): { modelId?: string; status?: RunStatusName } {
  return {
    ...(modelId == null ? {} : { modelId: rowIdOf('Model', 'modelId', modelId) }),
    ...(status == null ? {} : { status }),
  };
}

@ArgsType()
export class AfterArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 0,
    description:
      'The seq of the last event received: the stream starts with the next. 0 replays all that are kept. EVENTS_EXPIRED where the next is not kept any more.',
  })
  after?: number | null;
}

@ArgsType()
export class ProgressArgs extends AfterArgs {
  @Field(() => FrameDelivery, { nullable: true, defaultValue: 'ALL', description: 'How previews reach a slow client.' })
  frames?: FrameDeliveryName | null;
}

/** A model's import has the model's id. */
const RUN_KINDS = { Discovery: 'discovery', Edit: 'edit', Model: 'import' } as const;

/** A run's events from `after` on, until its final status; NOT_FOUND if there is no such run. */
export async function followRun<Event extends object>(
  context: RequestContext,
  run: { readonly type: keyof typeof RUN_KINDS; readonly rowId: string },
  { after, frames }: ProgressArgs,
  toEvent: (row: EventRow) => Event,
): Promise<RunStream<Event>> {
  const row = await context.loaders.runs.load(run.rowId);
  if (row?.kind !== RUN_KINDS[run.type]) throw notFound(run.type, globalId(run.type, run.rowId));
  const position = { runId: run.rowId, after: beginning(after ?? 0, row), lastSeq: row.lastSeq };
  const all = (from: number, signal: AbortSignal) => context.storage.events.follow(run.rowId, from, signal);
  const latest = (from: number, signal: AbortSignal) => latestFrames(all(from, signal));
  return new RunStream(position, all, frames === 'LATEST' ? latest : all, (event) => {
    context.forgetRows();
    return toEvent(event);
  });
}

/** The seq to go on after: who has received nothing yet begins with what is kept. */
function beginning(after: number, { firstSeq, lastSeq }: RunRow): number {
  checkAfter(after, lastSeq);
  if (after === 0) return firstSeq - 1;
  if (after < firstSeq - 1) throw eventsExpired(after, firstSeq);
  return after;
}

/** What a subscription's `subscribe` gets: its arguments are those that the schema declares. */
export interface SubscribeTo<Args> {
  readonly args: Args;
  readonly context: RequestContext;
}
