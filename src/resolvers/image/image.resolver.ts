import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { ApiError } from '../errors.js';
import { Image } from './image.type.js';

@Resolver(() => Image)
export class ImageResolver {
  @FieldResolver(() => String, {
    description: 'The file itself, in base64. Fetch `url` where you can: it is cacheable.',
  })
  async base64(@Root() image: Image, @Ctx() context: RequestContext): Promise<string> {
    const file = await context.storage.images.bytes(image.row.id);
    if (file === null) throw new ApiError('NOT_FOUND', 'The image has been deleted.');
    return Buffer.from(file.bytes).toString('base64');
  }
}
