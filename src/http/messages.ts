import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { LimitDetails, LimitError } from '../access/limit-error.js';
import type { ErrorCode } from '../resolvers/errors.js';

/** An answer other than the one asked for, on a route that speaks JSON. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    message: string,
    readonly headers: OutgoingHttpHeaders = {},
    readonly details: LimitDetails | null = null,
  ) {
    super(message);
  }

  static ofLimit(status: number, { code, message, details }: LimitError, headers: OutgoingHttpHeaders = {}): HttpError {
    return new HttpError(status, code, message, headers, details);
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
export function sendError(response: ServerResponse, { status, code, message, headers, details }: HttpError): void {
  sendJson(response, status, { errors: [{ message, extensions: { code, ...details } }] }, headers);
}

/** The media type alone, lower case, without parameters; empty if there is none. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
