import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ErrorCode } from '../resolvers/errors.js';

/** An answer other than the one asked for, on a route that speaks JSON. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    message: string,
    readonly headers: OutgoingHttpHeaders = {},
  ) {
    super(message);
  }
}

export function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  send(response, status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`, {
    'cache-control': 'no-store',
    ...headers,
  });
}

/** Errors look the same on every route: as in a GraphQL answer. */
export function sendError(response: ServerResponse, { status, code, message, headers }: HttpError): void {
  sendJson(response, status, { errors: [{ message, extensions: { code } }] }, headers);
}

/** The media type alone, lower case, without parameters; empty if there is none. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * The whole body, or 413. What is too long is read to its end and thrown away: a client that is still sending when the
 * socket closes would see a reset and not the answer.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let byteSize = 0;
    request.on('data', (chunk: Buffer) => {
      byteSize += chunk.length;
      if (byteSize <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () => {
      if (byteSize <= maxBytes) resolve(Buffer.concat(chunks));
      else reject(new HttpError(413, 'LIMIT_EXCEEDED', `The body has ${byteSize} bytes; ${maxBytes} are allowed.`));
    });
    request.on('error', reject);
  });
}
