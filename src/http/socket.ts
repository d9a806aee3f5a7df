import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSourceEventStream, GraphQLError, type GraphQLSchema, type subscribe } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Caller } from '../access/caller.js';
import { AccessError } from '../access/errors.js';
import { LimitError } from '../access/limit-error.js';
import type { Limits } from '../access/limits.js';
import { isTrustedHost, isTrustedOrigin } from '../access/origins.js';
import type { AccessSettings } from '../access/settings.js';
import { Tally } from '../access/tally.js';
import type { TokenBucket } from '../access/token-bucket.js';
import type { RequestContext } from '../resolvers/context.js';
import { presentError } from '../resolvers/errors.js';
import { RunStream } from '../resolvers/run-stream.js';
import { addressOf } from './admission.js';
import { ClientSocket } from './client-socket.js';
import { executionArgs } from './documents.js';
import type { FanOutObserver, SocketFacts } from './metrics/events.js';
import { type CallerParts, socketCaller } from './socket-caller.js';
import { FanOut } from './subscriptions/fan-out.js';

const CLOSE_MS = 1000;
/** Of the closing handshake, for a client that does not answer it. */
const CLOSE_TIMEOUT_MS = 5000;
/** Between two pings; whoever does not answer one until the next is gone. */
const KEEP_ALIVE_MS = 12_000;
/** "Try again later" of the WebSocket protocol. */
const TRY_LATER = 1013;

export interface GraphQLOverSocket {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly facts: SocketFacts;
  stop(): Promise<void>;
}

export interface SocketParts extends CallerParts {
  readonly schema: GraphQLSchema;
  readonly createContext: (caller: Caller) => RequestContext;
  readonly logger: Logger;
  readonly access: AccessSettings;
  readonly observer: FanOutObserver;
  readonly rate: TokenBucket;
}

interface Extra extends Record<PropertyKey, unknown> {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  caller?: Caller;
}

/** graphql-transport-ws, with the rules and the errors that HTTP has. */
export function graphqlOverSocket(parts: SocketParts): GraphQLOverSocket {
  const { schema, createContext, logger, access, observer, rate } = parts;
  const { limits } = access;
  const tally = new Tally();
  // Not as a literal: the published types do not know `closeTimeout` yet.
  const options = {
    noServer: true,
    maxPayload: limits.messageBytes,
    WebSocket: ClientSocket,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const sockets = new WebSocketServer(options);
  const toArgs = executionArgs(schema, access);
  const present = (error: GraphQLError) => presentError(error, logger);
  const fanOut = new FanOut({ present, observer });
  const server = useServer<Record<string, unknown>, Extra>(
    {
      onConnect: async (connection) => {
        const caller = await socketCaller(parts, connection);
        if (!caller) return false;
        connection.extra.caller = caller;
        const { tokenId } = caller;
        return tokenId === null || count(tally, tokenId, limits, connection.extra.socket);
      },
      connectionInitWaitTimeout: limits.initSeconds * 1000,
      context: ({ extra }) => createContext(callerOf(extra)),
      // Executed below, for each event and not for each subscriber.
      subscribe: (args) => createSourceEventStream(args) as ReturnType<typeof subscribe>,
      onOperation: ({ extra: { socket } }, id, payload, args, result) =>
        result instanceof RunStream
          ? fanOut.join({ socket, id, payload, args, context: args.contextValue as RequestContext, stream: result })
          : undefined,
      onSubscribe: ({ subscriptions, extra }, _, payload) => {
        const caller = callerOf(extra);
        const refusal =
          operationsRefusal(Object.keys(subscriptions).length, limits) ??
          rateRefusal(rate.take(caller.tokenId ?? addressOf(extra.request)), limits);
        return refusal ? [refusal] : toArgs(payload, caller);
      },
      // Nothing returned: the result goes out as it is.
      onNext: (_, __, ___, ____, { errors, data = null }) =>
        errors ? { data, errors: errors.map(present) } : undefined,
      onError: (_, __, ___, errors) => errors.map(present),
    },
    sockets,
    KEEP_ALIVE_MS,
  );
  return {
    facts: {
      openSockets: () => sockets.clients.size,
      subscribers: () => fanOut.subscribers,
      bufferedBytes: () => [...sockets.clients].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0),
    },
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
      else
        sockets.handleUpgrade(request, socket, head, (client) => {
          if (!count(tally, addressOf(request), limits, client)) return;
          sockets.emit('connection', client, request);
          quietly(client, logger);
        });
    },
  };
}

/** graphql-ws takes no operation before a socket is acknowledged, and it is acknowledged only with a caller. */
function callerOf({ caller }: Extra): Caller {
  if (caller) return caller;
  throw AccessError.noToken();
}

function operationsRefusal(operations: number, limits: Limits): GraphQLError | null {
  if (operations <= limits.operations) return null;
  return asGraphQL(
    new LimitError('operations', limits.operations, operations, 'Complete some, or open another socket.'),
  );
}

function rateRefusal(seconds: number, limits: Limits): GraphQLError | null {
  if (seconds === 0) return null;
  return asGraphQL(new LimitError('rate', limits.rate, null, `Try again in ${Math.ceil(seconds)} s.`));
}

function asGraphQL(originalError: LimitError): GraphQLError {
  return new GraphQLError(originalError.message, { originalError });
}

/** Counts a socket while it is open; false, and closed, where its key has too many. */
function count(tally: Tally, key: string, limits: Limits, socket: WebSocket): boolean {
  if (tally.of(key) >= limits.sockets) {
    socket.close(TRY_LATER, `LIMIT_EXCEEDED: at most ${limits.sockets} sockets of one token or address.`);
    return false;
  }
  tally.add(key);
  socket.once('close', () => tally.remove(key));
  return true;
}

/** A client that breaks the protocol is closed by ws, with the code that says how; graphql-ws would write of each on standard error. */
function quietly(socket: WebSocket, logger: Logger): void {
  socket.removeAllListeners('error');
  socket.on('error', ({ message }) => logger.debug({ reason: message }, 'a socket broke the protocol'));
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
