import { directionFileUrl } from '../resolvers/direction/direction-file.type.js';
import type { Storage } from '../storage/types.js';
import { cacheControl } from './cache.js';
import { HttpError, mediaType, send, sendJson } from './messages.js';
import type { Exchange, Parts } from './routes.js';

const CONTENT_TYPE = 'application/octet-stream';

/** GET and HEAD /directions/<hash>.safetensors. The bytes behind a hash never change. */
export async function serveDirections(storage: Storage, exchange: Exchange): Promise<void> {
  const { request, response, name } = exchange;
  const hash = /^([0-9a-f]{64})\.safetensors$/.exec(name)?.[1];
  const bytes = hash === undefined ? null : await storage.directionFiles.bytes(hash);
  if (bytes === null) throw new HttpError(404, 'NOT_FOUND', 'There is no such direction file.');
  const headers = {
    'cache-control': cacheControl(exchange),
    etag: `"${hash}"`,
    'content-disposition': `attachment; filename="directions-${hash?.slice(0, 8)}.safetensors"`,
  };
  if (request.headers['if-none-match']?.includes(headers.etag)) response.writeHead(304, headers).end();
  else send(response, 200, CONTENT_TYPE, bytes, headers);
}

/** POST /directions: the raw file; answers {"url","byteSize"}. Whether it holds directions is found out by `importDirections`. */
export async function uploadDirections(
  { storage, signer, quota, intake }: Parts,
  { request, response }: Exchange,
): Promise<void> {
  const type = mediaType(request);
  if (type !== CONTENT_TYPE) throw new HttpError(415, 'BAD_USER_INPUT', `Expected ${CONTENT_TYPE}, got "${type}".`);
  const row = await intake.receive(request, 'directionBytes', async (bytes) => {
    if (!isSafetensors(bytes)) throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not a safetensors file.');
    await quota.reserve(bytes.byteLength);
    return storage.directionFiles.put(bytes);
  });
  const url = signer.sign(directionFileUrl(row));
  sendJson(response, 201, { url, byteSize: row.byteSize }, { location: url });
}

/** A length, and a JSON object of that length. */
function isSafetensors(bytes: Buffer): boolean {
  if (bytes.length < 10) return false;
  const length = bytes.readBigUInt64LE(0);
  return length <= BigInt(bytes.length - 8) && bytes[8] === '{'.charCodeAt(0);
}
