import type { RequestContext } from './context.js';
import { Direction } from './direction/direction.type.js';
import { ApiError, notFound } from './errors.js';
import { globalId, rowIdOf } from './ids.js';
import { Image } from './image/image.type.js';
import { Model } from './model/model.type.js';

/** Nodes that another row refers to, by row id. */

/** The model that must be there; NOT_FOUND otherwise. */
export async function modelOf({ loaders }: RequestContext, rowId: string): Promise<Model> {
  const row = await loaders.models.load(rowId);
  if (row === null) throw notFound('Model', globalId('Model', rowId));
  return new Model(row);
}

/** The model that a run is to be started on: it must be there (NOT_FOUND) and READY (CONFLICT). */
export async function readyModelOf(context: RequestContext, argument: string, id: string): Promise<Model> {
  const model = await modelOf(context, rowIdOf('Model', argument, id));
  if (model.row.status === 'READY') return model;
  const advice =
    model.row.status === 'IMPORTING' ? 'Wait for importProgress to end.' : 'Its error says why; import it again.';
  throw new ApiError('CONFLICT', `${argument}: the model is ${model.row.status}, not READY. ${advice}`);
}

/** The image of a row id; `null` for `null`. */
export async function imageOrNull({ loaders }: RequestContext, rowId: string | null): Promise<Image | null> {
  const row = rowId === null ? null : await loaders.images.load(rowId);
  return row && new Image(row);
}

/** An image that an event refers to. */
export async function imageOf(context: RequestContext, rowId: string): Promise<Image> {
  const image = await imageOrNull(context, rowId);
  if (image === null) throw new ApiError('NOT_FOUND', 'The image has been deleted.');
  return image;
}

export async function directionOf({ loaders }: RequestContext, rowId: string): Promise<Direction> {
  const row = await loaders.directions.load(rowId);
  if (row === null) throw notFound('Direction', globalId('Direction', rowId));
  return new Direction(row);
}
