import sharp, { type Metadata } from 'sharp';
import { LimitError } from '../access/limit-error.js';
import type { Limits } from '../access/limits.js';
import { globalId, parseGlobalId } from '../resolvers/ids.js';
import { EXPIRED_IMAGE } from '../resolvers/image/image.resolver.js';
import type { Storage } from '../storage/types.js';
import { cacheControl } from './cache.js';
import { HttpError, mediaType, send, sendJson } from './messages.js';
import type { Exchange, Parts } from './routes.js';
import { Turns } from './turns.js';

/** Of either side, for formats whose headers can claim anything. */
const SIDE_MAX = 8192;

// What was decoded is not wanted a second time.
sharp.cache(false);

/** A picture of 40 million pixels takes some hundred megabytes while it is decoded: one at a time. */
const decoding = new Turns();

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
  if (bytes === null) throw new HttpError(410, 'IMAGE_EXPIRED', EXPIRED_IMAGE);
  send(response, 200, row.contentType, bytes, headers);
}

/** POST /images: the raw file; answers {"id","width","height"}. */
export async function uploadImage(parts: Parts, { request, response }: Exchange): Promise<void> {
  const { storage, signer, quota, intake, access } = parts;
  const contentType = mediaType(request);
  if (!Object.values(MEDIA_TYPES).includes(contentType)) throw unsupported(`"${contentType}"`);
  const row = await intake.receive(request, 'imageBytes', async (bytes) => {
    const { width, height } = await inspect(bytes, contentType, access.limits);
    await quota.reserve(bytes.byteLength);
    return storage.images.put({ bytes, width, height, contentType });
  });
  const id = globalId('Image', row.id);
  const location = signer.sign(`/images/${id}`);
  sendJson(response, 201, { id, width: row.width, height: row.height }, { location });
}

function unsupported(got: string): HttpError {
  const message = `Expected image/png, image/jpeg or image/webp, got ${got}.`;
  return new HttpError(415, 'BAD_USER_INPUT', message);
}

/** What the first bytes say it is. No decoder but of these three formats ever sees a stranger's bytes. */
function signatureOf(bytes: Buffer): string | null {
  if (bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'image/png';
  if (bytes.subarray(0, 3).equals(Buffer.from('\xff\xd8\xff', 'latin1'))) return 'image/jpeg';
  const isWebp = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';
  return isWebp ? 'image/webp' : null;
}

async function inspect(bytes: Buffer, contentType: string, limits: Limits): Promise<{ width: number; height: number }> {
  const signature = signatureOf(bytes);
  if (signature === null) throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not an image that can be read.');
  if (signature !== contentType) throw unsupported(`${signature} sent as ${contentType}`);
  const metadata = await metadataOf(bytes);
  if (MEDIA_TYPES[metadata.format] !== contentType) throw unsupported(`${metadata.format} sent as ${contentType}`);
  if ((metadata.pages ?? 1) > 1) throw unsupported('an animation');
  // As it is shown: a photograph may be stored on its side.
  const { width, height } = metadata.autoOrient;
  if (width * height > limits.imagePixels)
    throw HttpError.ofLimit(413, new LimitError('imagePixels', limits.imagePixels, width * height, 'Scale it down.'));
  if (width > SIDE_MAX || height > SIDE_MAX) {
    const message = `The image has ${width} × ${height} pixels; ${SIDE_MAX} a side are allowed.`;
    throw new HttpError(413, 'LIMIT_EXCEEDED', message);
  }
  await decoding.take(() => decode(bytes, limits.imagePixels));
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
async function decode(bytes: Buffer, limitInputPixels: number): Promise<void> {
  try {
    await sharp(bytes, { failOn: 'error', limitInputPixels }).stats();
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The image is damaged.');
  }
}
