import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Caller } from '../access/caller.js';
import { AccessError } from '../access/errors.js';
import type { Gate } from '../access/gate.js';
import { bearerToken } from '../access/secret.js';
import type { TokenStore } from '../storage/types.js';

/** Of graphql-transport-ws; clients do not try again after it. */
const UNAUTHORIZED = 4401;
/** So long a client may take to answer the closing handshake. */
const GRACE_MS = 500;

export interface CallerParts {
  readonly gate: Gate;
  readonly tokens: TokenStore;
  readonly logger: Logger;
}

export interface Connection {
  readonly connectionParams?: Readonly<Record<string, unknown>> | undefined;
  readonly extra: { readonly socket: WebSocket; readonly request: IncomingMessage };
}

/** Who a socket belongs to, once and for all; null for one that was refused, and is closed. */
export async function socketCaller({ gate, ...parts }: CallerParts, connection: Connection): Promise<Caller | null> {
  const { connectionParams, extra } = connection;
  const caller = await gate.callerOf(tokenOf(connectionParams, extra.request)).catch(unlessRefused);
  if (caller === null)
    extra.socket.close(UNAUTHORIZED, 'UNAUTHENTICATED: a token is needed, and none that counts was sent.');
  else closeWhenEnded(extra.socket, caller, parts);
  return caller;
}

/** `{"token": "…"}` or `{"Authorization": "Bearer …"}` of connection_init; a program may send the header instead. */
function tokenOf(params: Connection['connectionParams'], { headers }: IncomingMessage): string | null {
  const { token, Authorization, authorization } = params ?? {};
  if (typeof token === 'string') return token;
  return bearerToken(Authorization ?? authorization ?? headers.authorization);
}

function unlessRefused(error: unknown): null {
  if (error instanceof AccessError) return null;
  throw error;
}

/** Once its token has ended a socket ends, and all that is subscribed on it. */
function closeWhenEnded(
  socket: WebSocket,
  { tokenId, expiresAt }: Caller,
  { tokens, logger }: Omit<CallerParts, 'gate'>,
): void {
  if (tokenId === null) return;
  const gone = new AbortController();
  const close = () => {
    socket.close(UNAUTHORIZED, 'UNAUTHENTICATED: the token was revoked or has expired.');
    setTimeout(() => socket.terminate(), GRACE_MS).unref();
  };
  // A timer holds 24 days; the store looks again and again anyway.
  const expiry = expiresAt && setTimeout(close, Math.min(expiresAt.getTime() - Date.now(), 2 ** 31 - 1));
  socket.once('close', () => {
    clearTimeout(expiry ?? undefined);
    gone.abort();
  });
  tokens.ended(tokenId, gone.signal).then(close, (error: unknown) => {
    logger.error({ err: error }, 'a token is watched no more, and its socket is closed');
    close();
  });
}
