import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Caller } from '../access/caller.js';
import { AccessError } from '../access/errors.js';
import type { Gate } from '../access/gate.js';
import { isTrustedHost, isTrustedOrigin } from '../access/origins.js';
import { bearerToken } from '../access/secret.js';
import type { AccessSettings } from '../access/settings.js';
import type { RequestContext } from '../resolvers/context.js';
import { presentError } from '../resolvers/errors.js';
import { limitRules, MAX_TOKENS } from '../resolvers/limits.js';
import { authorize, mayIntrospect } from '../resolvers/needs.js';
import type { TokenStore } from '../storage/types.js';

const MESSAGE_MAX = 1024 * 1024;
const CLOSE_MS = 1000;
/** Operations under way on one socket. */
const OPERATIONS_MAX = 100;
/** Of graphql-transport-ws; clients do not try again after it. */
const UNAUTHORIZED = 4401;

export interface GraphQLOverSocket {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  openSockets(): number;
  stop(): Promise<void>;
}

export interface SocketParts {
  readonly schema: GraphQLSchema;
  readonly createContext: (caller: Caller) => RequestContext;
  readonly logger: Logger;
  readonly access: AccessSettings;
  readonly gate: Gate;
  readonly tokens: TokenStore;
}

interface Extra extends Record<PropertyKey, unknown> {
  caller?: Caller;
}

/** graphql-transport-ws, with the rules and the errors that HTTP has. */
export function graphqlOverSocket(parts: SocketParts): GraphQLOverSocket {
  const { createContext, logger, access } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX });
  const toArgs = executionArgs(parts);
  const present = (error: GraphQLError) => presentError(error, logger);
  const server = useServer<Record<string, unknown>, Extra>(
    {
      onConnect: async ({ connectionParams, extra }) => {
        const { socket, request } = extra;
        const caller = await parts.gate.callerOf(tokenOf(connectionParams, request)).catch(unlessRefused);
        if (caller === null) {
          socket.close(UNAUTHORIZED, 'UNAUTHENTICATED: a token is needed, and none that counts was sent.');
          return false;
        }
        extra.caller = caller;
        if (caller.tokenId !== null) closeWhenEnded(socket, caller, parts);
        return true;
      },
      context: ({ extra }) => createContext(callerOf(extra)),
      onSubscribe: ({ subscriptions, extra }, _, payload) =>
        Object.keys(subscriptions).length > OPERATIONS_MAX ? [tooManyOperations()] : toArgs(payload, callerOf(extra)),
      // Nothing returned: the result goes out as it is.
      onNext: (_, __, ___, ____, { errors, data = null }) =>
        errors ? { data, errors: errors.map(present) } : undefined,
      onError: (_, __, ___, errors) => errors.map(present),
    },
    sockets,
  );
  return {
    openSockets: () => sockets.clients.size,
    async stop() {
      // A client that does not answer the closing handshake must not keep the process.
      const hangUp = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, CLOSE_MS);
      await server.dispose();
      clearTimeout(hangUp);
    },
    upgrade(request, socket, head) {
      const refusal = refusalOf(access, request);
      if (refusal) refuse(socket, refusal);
      else sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
    },
  };
}

/** graphql-ws acknowledges a socket before it takes operations, and only with a caller is it acknowledged. */
function callerOf({ caller }: Extra): Caller {
  if (caller) return caller;
  throw AccessError.noToken();
}

/** `{"token": "…"}` or `{"Authorization": "Bearer …"}` of connection_init; a program may send the header instead. */
function tokenOf(params: Readonly<Record<string, unknown>> | undefined, { headers }: IncomingMessage): string | null {
  const { token, Authorization, authorization } = params ?? {};
  if (typeof token === 'string') return token;
  return bearerToken(Authorization ?? authorization ?? headers.authorization);
}

function unlessRefused(error: unknown): null {
  if (error instanceof AccessError) return null;
  throw error;
}

/** Once its token has ended a socket ends, and all that is subscribed on it. */
function closeWhenEnded(socket: WebSocket, { tokenId, expiresAt }: Caller, { tokens, logger }: SocketParts): void {
  if (tokenId === null) return;
  const gone = new AbortController();
  const close = () => {
    socket.close(UNAUTHORIZED, 'UNAUTHENTICATED: the token was revoked or has expired.');
    // Whoever does not answer the closing handshake must hear nothing more either.
    setTimeout(() => socket.terminate(), CLOSE_MS / 2).unref();
  };
  const expiry = expiresAt && setTimeout(close, Math.min(expiresAt.getTime() - Date.now(), 2 ** 31 - 1));
  socket.once('close', () => {
    clearTimeout(expiry ?? undefined);
    gone.abort();
  });
  tokens.ended(tokenId, gone.signal).then(close, (error: unknown) => {
    logger.error({ err: error }, 'a token is no longer watched');
    close();
  });
}

/** What is wrong with a document is an answer to that operation; thrown, it would close the socket for all of them. */
function executionArgs({ schema, access }: SocketParts) {
  const rules = [...specifiedRules, ...limitRules()];
  return (
    { query, operationName, variables }: SubscribePayload,
    caller: Caller,
  ): ExecutionArgs | readonly GraphQLError[] => {
    const hideSuggestions = !mayIntrospect(access.introspection, caller);
    try {
      const document = parse(query, { maxTokens: MAX_TOKENS });
      const errors = validate(schema, document, rules, { hideSuggestions });
      if (errors.length > 0) return errors;
      const operation = getOperationAST(document, operationName);
      // Without one execution says what is missing.
      if (operation) authorize({ schema, document, operation }, caller, access);
      return { schema, document, operationName, variableValues: variables, hideSuggestions };
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      if (error instanceof AccessError) return [new GraphQLError(error.message, { extensions: { code: error.code } })];
      throw error;
    }
  };
}

function tooManyOperations(): GraphQLError {
  const message = `More than ${OPERATIONS_MAX} operations on one socket. Complete some, or open another.`;
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });
}

function refuse(socket: Duplex, status: string): void {
  // A client that is gone already is no error of ours, and without a listener it would end the process.
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

/** A stranger's page must not drive a server on the user's own machine. */
function refusalOf(access: AccessSettings, { url, headers }: IncomingMessage): string | null {
  if (url?.split('?', 1)[0] !== '/graphql') return '404 Not Found';
  const trusted = isTrustedHost(access, headers.host) && isTrustedOrigin(access, headers.origin, headers.host);
  return trusted ? null : '403 Forbidden';
}
