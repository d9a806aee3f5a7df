import { Ctx, Field, Int, ObjectType } from 'type-graphql';
import type { ImageRow } from '../../storage/types.js';
import type { RequestContext } from '../context.js';
import { Node } from '../node/node.type.js';

@ObjectType({ implements: Node, description: 'An immutable image. The same bytes always have the same id.' })
export class Image extends Node {
  constructor(readonly row: ImageRow) {
    super('Image', row.id);
  }

  @Field(() => String, {
    description:
      'Path of the file on this server (GET, cacheable for ever), relative to its origin: `/images/<id>`. Where tokens are asked for it is signed and can be used for about an hour: ask for another then. 410 once a preview has expired.',
  })
  url(@Ctx() { access }: RequestContext): string {
    return access.sign(`/images/${this.id}`);
  }

  @Field(() => Int, { description: 'Pixels.' })
  get width(): number {
    return this.row.width;
  }

  @Field(() => Int, { description: 'Pixels.' })
  get height(): number {
    return this.row.height;
  }

  @Field(() => String, { description: 'image/png, image/jpeg or image/webp.' })
  get contentType(): string {
    return this.row.contentType;
  }
}
