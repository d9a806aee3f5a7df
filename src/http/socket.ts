import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSourceEventStream, GraphQLError, type GraphQLSchema, type subscribe } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Caller } from '../access/caller.js';
import { AccessError } from '../access/errors.js';
import { isTrustedHost, isTrustedOrigin } from '../access/origins.js';
import type { AccessSettings } from '../access/settings.js';
import type { RequestContext } from '../resolvers/context.js';
import { presentError } from '../resolvers/errors.js';
import { RunStream } from '../resolvers/run-stream.js';
import { executionArgs } from './documents.js';
import type { FanOutObserver, SocketFacts } from './metrics/events.js';
import { type CallerParts, socketCaller } from './socket-caller.js';
import { FanOut } from './subscriptions/fan-out.js';

const MESSAGE_MAX = 1024 * 1024;
const CLOSE_MS = 1000;
/** Operations under way on one socket. */
const OPERATIONS_MAX = 100;

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
}

interface Extra extends Record<PropertyKey, unknown> {
  readonly socket: WebSocket;
  caller?: Caller;
}

/** graphql-transport-ws, with the rules and the errors that HTTP has. */
export function graphqlOverSocket(parts: SocketParts): GraphQLOverSocket {
  const { schema, createContext, logger, access, observer } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX });
  const toArgs = executionArgs(schema, access);
  const present = (error: GraphQLError) => presentError(error, logger);
  const fanOut = new FanOut({ present, observer });
  const server = useServer<Record<string, unknown>, Extra>(
    {
      onConnect: async (connection) => {
        const caller = await socketCaller(parts, connection);
        if (caller) connection.extra.caller = caller;
        return caller !== null;
      },
      context: ({ extra }) => createContext(callerOf(extra)),
      // Executed below, for each event and not for each subscriber.
      subscribe: (args) => createSourceEventStream(args) as ReturnType<typeof subscribe>,
      onOperation: ({ extra: { socket } }, id, payload, args, result) =>
        result instanceof RunStream
          ? fanOut.join({ socket, id, payload, args, context: args.contextValue as RequestContext, stream: result })
          : undefined,
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
      else sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
    },
  };
}

/** graphql-ws takes no operation before a socket is acknowledged, and it is acknowledged only with a caller. */
function callerOf({ caller }: Extra): Caller {
  if (caller) return caller;
  throw AccessError.noToken();
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
