import type { Exchange } from './routes.js';

/** Bytes that never change may be kept for ever; by shared caches only where everybody may have them. */
export function cacheControl({ secondsLeft, request }: Pick<Exchange, 'secondsLeft' | 'request'>): string {
  if (secondsLeft !== null) return `private, max-age=${secondsLeft}, immutable`;
  return `${request.headers.authorization === undefined ? 'public' : 'private'}, max-age=31536000, immutable`;
}
