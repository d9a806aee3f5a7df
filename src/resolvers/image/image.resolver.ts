import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { ApiError } from '../errors.js';
import { Image } from './image.type.js';

/** What is said of an image whose bytes are gone. */
export const EXPIRED_IMAGE =
  'The image was a preview or an upload that nothing needed, and is not kept any more. Results are: run the edit again for its frames.';

@Resolver(() => Image)
export class ImageResolver {
  @FieldResolver(() => String, {
    description: 'The file itself, in base64. Fetch `url` where you can: it is cacheable.',
  })
  async base64(@Root() image: Image, @Ctx() context: RequestContext): Promise<string> {
    const file = await context.storage.images.bytes(image.row.id);
    if (file === null) throw new ApiError('NOT_FOUND', 'The image has been deleted.');
    if (file.bytes === null) throw new ApiError('IMAGE_EXPIRED', EXPIRED_IMAGE);
    return Buffer.from(file.bytes).toString('base64');
  }
}
