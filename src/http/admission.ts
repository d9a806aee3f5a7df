import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../access/caller.js';
import { AccessError } from '../access/errors.js';
import { LimitError } from '../access/limit-error.js';
import { isTrustedHost, isTrustedOrigin } from '../access/origins.js';
import { allows } from '../access/role.js';
import { bearerToken } from '../access/secret.js';
import { HttpError } from './messages.js';
import type { Parts, Route } from './routes.js';

/** Whether a page may send this at all, and what its browser is told of that. Done for a preflight, which ends here. */
export function admitPage({ access }: Parts, request: IncomingMessage, response: ServerResponse): 'done' | 'go on' {
  const { origin, host } = request.headers;
  if (!isTrustedHost(access, host))
    throw forbidden(`This server does not go by the name "${host}". AZIMUTH_HOSTS names others.`);
  response.setHeader('vary', 'origin');
  const trusted = isTrustedOrigin(access, origin, host);
  if (trusted && origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', 'location, retry-after, www-authenticate');
  }
  const reads = request.method === 'GET' || request.method === 'HEAD';
  // A page elsewhere may show an image; it learns nothing else, and changes nothing.
  if (!trusted && !reads)
    throw forbidden(`Pages of ${origin} may not use this server. AZIMUTH_ORIGINS names those that may.`);
  if (request.method !== 'OPTIONS') return 'go on';
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, POST',
    // No cookies are used, so none are allowed: a page shows its token itself.
    'access-control-allow-headers':
      'authorization, content-type, apollo-require-preflight, x-apollo-operation-name, x-request-id',
    'access-control-max-age': '600',
  });
  response.end();
  return 'done';
}

/** The address that a request comes from. What a proxy adds is not believed: anybody can send it. */
export function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

/** Throws 429 where one token, or one address without one, asks too often. */
function admitRate({ rate, access }: Parts, key: string): void {
  const seconds = rate.take(key);
  if (seconds === 0) return;
  const error = new LimitError('rate', access.limits.rate, null, `Try again in ${Math.ceil(seconds)} s.`);
  throw HttpError.ofLimit(429, error, { 'retry-after': String(Math.ceil(seconds)) });
}

/** Who sent it, and for how long a signed URL lets them have it. Throws 401 or 403. */
export async function admitCaller(
  parts: Parts,
  { needs, path: route }: Route,
  request: IncomingMessage,
): Promise<{ caller: Caller | null; secondsLeft: number | null }> {
  const { gate, signer } = parts;
  const address = addressOf(request);
  const secret = bearerToken(request.headers.authorization);
  // Health is asked for when things go badly.
  if (needs === 'NOTHING') return { caller: await gate.callerOf(secret).catch(() => null), secondsLeft: null };
  if (secret === null) admitRate(parts, address);
  if (needs === 'SIGNED' && secret === null) {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const secondsLeft = signer.secondsLeft(pathname, searchParams);
    if (secondsLeft !== null) return { caller: null, secondsLeft };
    // A bad signature is no bad password: the client is to ask for another URL.
    if (searchParams.has('signature'))
      throw forbidden('The URL’s signature has expired or is wrong. Ask for the field again.');
  }
  const caller = await gate.callerOf(secret).catch((error: unknown) => {
    // Whoever tries tokens is slowed down like whoever has none.
    if (error instanceof AccessError) admitRate(parts, address);
    return asHttpError(error);
  });
  if (caller === null) throw unauthenticated(AccessError.noToken());
  if (secret !== null) admitRate(parts, caller.tokenId ?? address);
  const role = needs === 'SIGNED' ? 'READ' : needs;
  if (!allows(caller.role, role))
    throw forbidden(AccessError.role(`${request.method} ${route}`, role, caller.role).message);
  return { caller, secondsLeft: null };
}

function asHttpError(error: unknown): never {
  throw error instanceof AccessError ? unauthenticated(error) : error;
}

export const CHALLENGE = { 'www-authenticate': 'Bearer realm="azimuth"' };

function unauthenticated({ code, message }: AccessError): HttpError {
  return new HttpError(401, code, message, CHALLENGE);
}

function forbidden(message: string): HttpError {
  return new HttpError(403, 'FORBIDDEN', message);
}
