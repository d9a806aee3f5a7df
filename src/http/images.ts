import sharp, { type Metadata } from 'sharp';
import { globalId, parseGlobalId } from '../resolvers/ids.js';
import type { ImageRow, Storage } from '../storage/types.js';
import { cacheControl } from './cache.js';
import { HttpError, mediaType, readBody, send, sendJson } from './messages.js';
import type { Exchange, Parts } from './routes.js';

const UPLOAD_MAX = 20 * 1024 * 1024;
const SIDE_MAX = 8192;
const PIXELS_MAX = 40_000_000;

/** Media types that can be uploaded, by the format that sharp finds in the bytes. */
const MEDIA_TYPES: Readonly<Record<string, string>> = { png: 'image/png', jpeg: 'image/jpeg', webp: 'image/webp' };

/** GET and HEAD /images/<id>. The bytes behind an id never change, so that they may be cached for ever. */
export async function serveImage(storage: Storage, exchange: Exchange): Promise<void> {
  const { request, response, name } = exchange;
  const key = parseGlobalId(name);
  const image = key?.type === 'Image' ? await storage.images.bytes(key.rowId) : null;
  if (image === null) throw new HttpError(404, 'NOT_FOUND', 'There is no such image.');
  const { row, bytes } = image;
  const headers = {
    'cache-control': cacheControl(exchange),
    etag: `"${row.blobHash}"`,
    // Opened as a page of its own, an image can do nothing.
    'content-security-policy': "default-src 'none'; sandbox",
  };
  if (request.headers['if-none-match']?.includes(headers.etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  send(response, 200, row.contentType, bytes, headers);
}

/** POST /images: the raw file; answers {"id","width","height"}. */
export async function uploadImage({ storage, signer }: Parts, { request, response }: Exchange): Promise<void> {
  const contentType = mediaType(request);
  if (!Object.values(MEDIA_TYPES).includes(contentType)) throw unsupported(`"${contentType}"`);
  const bytes = await readBody(request, UPLOAD_MAX);
  const { width, height } = await inspect(bytes, contentType);
  const row: ImageRow = await storage.images.put({ bytes, width, height, contentType });
  const id = globalId('Image', row.id);
  sendJson(response, 201, { id, width: row.width, height: row.height }, { location: signer.sign(`/images/${id}`) });
}

function unsupported(got: string): HttpError {
  const message = `Expected image/png, image/jpeg or image/webp, got ${got}.`;
  return new HttpError(415, 'BAD_USER_INPUT', message);
}

async function inspect(bytes: Buffer, contentType: string): Promise<{ width: number; height: number }> {
  const metadata = await metadataOf(bytes);
  if (MEDIA_TYPES[metadata.format] !== contentType) throw unsupported(`${metadata.format} sent as ${contentType}`);
  if ((metadata.pages ?? 1) > 1) throw unsupported('an animation');
  // As it is shown: a photograph may be stored on its side.
  const { width, height } = metadata.autoOrient;
  if (width > SIDE_MAX || height > SIDE_MAX || width * height > PIXELS_MAX) {
    const message = `The image has ${width} × ${height} pixels; ${SIDE_MAX} a side and ${PIXELS_MAX} in all are allowed.`;
    throw new HttpError(413, 'LIMIT_EXCEEDED', message);
  }
  await decode(bytes);
  return { width, height };
}

async function metadataOf(bytes: Buffer): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not an image that can be read.');
  }
}

/** The header may be right and the rest damaged: found out now, and not when the image is used. */
async function decode(bytes: Buffer): Promise<void> {
  try {
    await sharp(bytes, { failOn: 'error', limitInputPixels: PIXELS_MAX }).stats();
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The image is damaged.');
  }
}
