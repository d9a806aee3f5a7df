import { resolve } from 'node:path';
import { Ctx, Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import type { DirectionFileRow } from '../../storage/types.js';
import { checkText } from '../checks.js';
import type { RequestContext } from '../context.js';
import { inputError, mismatch } from '../errors.js';

/** Where direction files are served, and taken. */
export const DIRECTION_FILES = '/directions/';
const URL_PATTERN = /\/directions\/([0-9a-f]{64})\.safetensors(\?.*)?$/;

export function directionFileUrl({ hash }: DirectionFileRow): string {
  return `${DIRECTION_FILES}${hash}.safetensors`;
}

@ObjectType({ description: 'Directions as a safetensors file; docs/directions-format.md describes it.' })
export class DirectionFile {
  constructor(private readonly row: DirectionFileRow) {}

  @Field(() => String, {
    description:
      'Path of the file on this server (GET, cacheable for ever), relative to its origin. Signed like the `url` of an image.',
  })
  url(@Ctx() { access }: RequestContext): string {
    return access.sign(directionFileUrl(this.row));
  }

  @Field(() => Float, { description: 'Its size in bytes.' })
  get byteSize(): number {
    return this.row.byteSize;
  }
}

@InputType({ description: 'A direction file, and the model that it is for. Exactly one of url and path.' })
export class ImportDirectionsInput {
  @Field(() => ID, { description: 'The model that they were found in, READY.' })
  modelId!: string;

  @Field(() => String, {
    nullable: true,
    description: 'A file on this server: what `exportDirections` or `POST /directions` (raw body) gave.',
  })
  url?: string | null;

  @Field(() => String, { nullable: true, description: "A file on the server's own disk." })
  path?: string | null;
}

export function fileOf({ url, path }: ImportDirectionsInput): { hash: string } | { path: string } {
  if ((url == null) === (path == null))
    throw mismatch('input.url', 'exactly one of url and path', url == null ? 'neither' : 'both');
  if (path != null) return { path: resolve(checkText('input.path', path, { min: 1, max: 4096 })) };
  const hash = URL_PATTERN.exec(url ?? '')?.[1];
  if (hash === undefined) throw inputError('input.url', '/directions/<hash>.safetensors', url);
  return { hash };
}
