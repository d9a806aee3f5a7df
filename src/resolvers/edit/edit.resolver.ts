import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { checkLimits } from '../../access/limit-error.js';
import type { DirectionRow, EditOptionsRow, EditRow, NewEdit, ShiftRow } from '../../storage/types.js';
import { type ConnectionOf, connection, pageRequest } from '../connections.js';
import type { RequestContext } from '../context.js';
import { Direction } from '../direction/direction.type.js';
import { ApiError, notFound } from '../errors.js';
import { idempotencyOf } from '../idempotency.js';
import { globalId, rowIdOf } from '../ids.js';
import { Image } from '../image/image.type.js';
import { Model } from '../model/model.type.js';
import { Needs } from '../needs.js';
import { directionOf, imageOrNull, modelOf, readyModelOf } from '../nodes.js';
import { RunPageArgs, runFilter } from '../runs.js';
import { ApplyEditInput, StartSweepInput } from './edit.input.js';
import { Edit, EditConnection, Shift } from './edit.type.js';
import { EditFrame } from './edit-event.type.js';
import { Provenance, ProvenanceShift } from './provenance.type.js';
import { checkDirection, processOf, resolveEdit, sweepShifts, warningsOf } from './resolve-edit.js';

/** The rows of the directions to apply, checked against the model. */
async function directionsFor(
  context: RequestContext,
  modelId: string,
  shifts: readonly ShiftRow[],
): Promise<DirectionRow[]> {
  const directions = await Promise.all(shifts.map((shift) => directionOf(context, shift.directionId)));
  directions.forEach(({ row }, index) => {
    checkDirection(row, index, modelId);
  });
  return directions.map(({ row }) => row);
}

/** `added` are the shifts of a sweep, of which each of its edits has one. */
async function newEdit(context: RequestContext, input: ApplyEditInput, added: readonly ShiftRow[]): Promise<NewEdit> {
  const model = await readyModelOf(context, 'input.modelId', input.modelId);
  const request = resolveEdit(input, model.row);
  const { samplingSteps } = request;
  checkLimits(context.access.limits, { samplingSteps, sweepEdits: added.length }, 'Ask for less.');
  const shifts = [...request.shifts, ...added];
  const directions = await directionsFor(context, model.row.id, shifts);
  const reverseProcess = processOf(input, directions);
  if (request.replaces !== null && (await context.loaders.edits.load(request.replaces)) === null) {
    throw notFound('Edit', globalId('Edit', request.replaces));
  }
  if (request.imageId !== null && (await context.loaders.images.load(request.imageId)) === null) {
    throw notFound('Image', globalId('Image', request.imageId));
  }
  return { ...request, rerunOfId: null, reverseProcess, warnings: warningsOf(reverseProcess, shifts, directions) };
}

/** What made an edit, for another one. */
function again({ cached: _, place: __, ...options }: EditOptionsRow, row: EditRow): NewEdit {
  const { modelId, seed, imageId, shifts, samplingSteps, reverseProcess, eta, previewEvery, previewSize, warnings } =
    row;
  const base = { modelId, seed, imageId, shifts, samplingSteps, reverseProcess, eta, previewEvery, previewSize };
  return { ...base, warnings, options, rerunOfId: row.id, replaces: null };
}

@Resolver(() => Edit)
export class EditResolver {
  @Needs('READ')
  @Query(() => Edit, { nullable: true, description: 'One edit; null if there is none with this id.' })
  async edit(@Arg('id', () => ID) id: string, @Ctx() { loaders }: RequestContext): Promise<Edit | null> {
    const row = await loaders.edits.load(rowIdOf('Edit', 'id', id));
    return row && new Edit(row);
  }

  @Needs('READ')
  @Query(() => EditConnection, { description: 'All edits, the newest first.' })
  async edits(
    @Args(() => RunPageArgs) args: RunPageArgs,
    @Ctx() { storage }: RequestContext,
  ): Promise<ConnectionOf<Edit>> {
    const request = pageRequest('Edit', args);
    const page = await storage.edits.page(runFilter(args), request);
    return connection('Edit', request, page, (row) => new Edit(row));
  }

  @Needs('EDIT')
  @Mutation(() => Edit, { description: 'Starts an edit and returns at once; see `editProgress`.' })
  async applyEdit(
    @Arg('input', () => ApplyEditInput) input: ApplyEditInput,
    @Ctx() context: RequestContext,
  ): Promise<Edit> {
    const { warnings, ...resolved } = await newEdit(context, input, []);
    const idempotency = idempotencyOf('applyEdit', input.idempotencyKey, resolved);
    return new Edit(
      await context.storage.edits.start({ ...resolved, warnings, idempotency, starter: await context.starter() }),
    );
  }

  @Needs('EDIT')
  @Mutation(() => [Edit], {
    description:
      'Starts edits of one base, directions × strengths in this order, as one job; each is followed by its own `editProgress`. They are sampled several at a time.',
  })
  async startSweep(
    @Arg('input', () => StartSweepInput) input: StartSweepInput,
    @Ctx() context: RequestContext,
  ): Promise<Edit[]> {
    const added = sweepShifts(input);
    const { warnings, ...resolved } = await newEdit(context, input.edit, added);
    const variations = added.map((shift) => [...resolved.shifts, shift]);
    const request = { ...resolved, variations };
    const idempotency = idempotencyOf('startSweep', input.idempotencyKey, request);
    const starter = await context.starter();
    const rows = await context.storage.edits.startSweep({ ...request, warnings, idempotency, starter });
    return rows.map((row) => new Edit(row));
  }

  @Needs('EDIT')
  @Mutation(() => Edit, {
    description:
      'Runs an edit again, with the parameters that its directions had then. The same bytes on the same device; a warning where they differ. CONFLICT if it has never started.',
  })
  async rerunEdit(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Edit> {
    const { storage, loaders } = context;
    const row = await loaders.edits.load(rowIdOf('Edit', 'id', id));
    if (row === null) throw notFound('Edit', id);
    if (row.requestHash === null) throw new ApiError('CONFLICT', `The edit is ${row.status} and has never started.`);
    return new Edit(
      await storage.edits.start({ ...again(row.options, row), idempotency: null, starter: await context.starter() }),
    );
  }

  @Needs('EDIT')
  @Mutation(() => Edit, { description: 'Stops an edit for good. CONFLICT if it has a final status already.' })
  async cancelEdit(@Arg('id', () => ID) id: string, @Ctx() { storage, loaders }: RequestContext): Promise<Edit> {
    const rowId = rowIdOf('Edit', 'id', id);
    if ((await loaders.edits.load(rowId)) === null) throw notFound('Edit', id);
    await storage.runs.cancel(rowId);
    const row = await loaders.edits.clear(rowId).load(rowId);
    if (row === null) throw notFound('Edit', id);
    return new Edit(row);
  }

  @FieldResolver(() => Model, { description: 'The model that it samples.' })
  model(@Root() { row }: Edit, @Ctx() context: RequestContext): Promise<Model> {
    return modelOf(context, row.modelId);
  }

  @FieldResolver(() => Image, {
    nullable: true,
    description: 'The image that it starts from; null for a seed.',
  })
  image(@Root() { row }: Edit, @Ctx() context: RequestContext): Promise<Image | null> {
    return imageOrNull(context, row.imageId);
  }

  @FieldResolver(() => Edit, { nullable: true, description: 'The edit that this one runs again, if it does.' })
  async rerunOf(@Root() { row }: Edit, @Ctx() { loaders }: RequestContext): Promise<Edit | null> {
    const first = row.rerunOfId === null ? null : await loaders.edits.load(row.rerunOfId);
    return first && new Edit(first);
  }

  @FieldResolver(() => Image, { nullable: true, description: 'The sample without shifts; null until it is there.' })
  original(@Root() { row }: Edit, @Ctx() context: RequestContext): Promise<Image | null> {
    return imageOrNull(context, row.originalImageId);
  }

  @FieldResolver(() => Image, { nullable: true, description: 'The edited sample; null until it is there.' })
  result(@Root() { row }: Edit, @Ctx() context: RequestContext): Promise<Image | null> {
    return imageOrNull(context, row.resultImageId);
  }

  @FieldResolver(() => Provenance, { description: 'Everything that determined the bytes of the result.' })
  provenance(@Root() { row }: Edit): Record<string, unknown> {
    return row.provenance;
  }

  @FieldResolver(() => [EditFrame], { description: 'Its frames up to now, the noisiest first.' })
  async frames(@Root() { row }: Edit, @Ctx() { loaders }: RequestContext): Promise<EditFrame[]> {
    return (await loaders.frames.load(row.id)).map((event) => new EditFrame(event));
  }
}

@Resolver(() => Shift)
export class ShiftResolver {
  @FieldResolver(() => Direction, { description: 'The direction, as it is now.' })
  direction(@Root() { row }: Shift, @Ctx() context: RequestContext): Promise<Direction> {
    return directionOf(context, row.directionId);
  }
}

@Resolver(() => ProvenanceShift)
export class ProvenanceShiftResolver {
  @FieldResolver(() => ID, { description: 'Id of the direction, which may have been deleted since.' })
  directionId(@Root() shift: ProvenanceShift): string {
    return globalId('Direction', shift.directionId);
  }
}
