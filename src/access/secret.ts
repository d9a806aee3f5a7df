import { createHash, randomBytes } from 'node:crypto';

/** Secret scanners know a leaked token by its front. */
const PREFIX = 'azm_';

/** A new token: 256 random bits. */
export function newSecret(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/**
 * SHA-256 (hex) of a token, which is all that is kept of it. No salt and no slow hash: it is no password, there is nothing to
 * guess. Tokens are looked up by it, so that how long the comparison takes says nothing about any token.
 */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The token of an `Authorization: Bearer …` header, or of the same text in connection_init; null if it is none. */
export function bearerToken(authorization: unknown): string | null {
  if (typeof authorization !== 'string') return null;
  return /^bearer +([\x21-\x7e]{1,512}) *$/i.exec(authorization)?.[1] ?? null;
}
