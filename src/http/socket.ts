import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  createSourceEventStream,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  specifiedRules,
  type subscribe,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { RequestContext } from '../resolvers/context.js';
import { presentError } from '../resolvers/errors.js';
import { limitRules } from '../resolvers/limits.js';
import { RunStream } from '../resolvers/run-stream.js';
import type { FanOutObserver, SocketFacts } from './metrics/events.js';
import { FanOut } from './subscriptions/fan-out.js';
import { documentValidator } from './validated-documents.js';

const MESSAGE_MAX = 1024 * 1024;
const CLOSE_MS = 1000;
/** Operations under way on one socket. */
const OPERATIONS_MAX = 100;

export interface GraphQLOverSocket {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly facts: SocketFacts;
  stop(): Promise<void>;
}

/** graphql-transport-ws, with the rules and the errors that HTTP has. */
export function graphqlOverSocket(
  schema: GraphQLSchema,
  createContext: () => RequestContext,
  logger: Logger,
  observer: FanOutObserver,
): GraphQLOverSocket {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX });
  const toArgs = executionArgs(schema);
  const present = (error: GraphQLError) => presentError(error, logger);
  const fanOut = new FanOut({ present, observer });
  const server = useServer<Record<string, unknown>, { socket: WebSocket }>(
    {
      context: createContext,
      // Executed below, for each event and not for each subscriber.
      subscribe: (args) => createSourceEventStream(args) as ReturnType<typeof subscribe>,
      onOperation: ({ extra: { socket } }, id, payload, args, result) =>
        result instanceof RunStream
          ? fanOut.join({ socket, id, payload, args, context: args.contextValue as RequestContext, stream: result })
          : undefined,
      onSubscribe: (connection, _, payload) =>
        Object.keys(connection.subscriptions).length > OPERATIONS_MAX ? [tooManyOperations()] : toArgs(payload),
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
      const refusal = refusalOf(request);
      if (refusal) refuse(socket, refusal);
      else sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
    },
  };
}

/** What is wrong with a document is an answer to that operation; thrown, it would close the socket for all of them. */
function executionArgs(schema: GraphQLSchema) {
  const documentOf = documentValidator(schema, [...specifiedRules, ...limitRules()]);
  return ({ query, operationName, variables }: SubscribePayload): ExecutionArgs | readonly GraphQLError[] => {
    try {
      const document = documentOf(query);
      return 'kind' in document ? { schema, document, operationName, variableValues: variables } : document;
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
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

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

function refusalOf({ url, headers }: IncomingMessage): string | null {
  if (url?.split('?', 1)[0] !== '/graphql') return '404 Not Found';
  return isTrustedOrigin(headers.origin, headers.host) ? null : '403 Forbidden';
}

/**
 * A browser lets any page open a WebSocket anywhere, and names that page in Origin: a stranger's page must not drive a
 * server on the user's own machine. Programs other than browsers send no Origin.
 */
function isTrustedOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  return page.host === host || LOOPBACK.has(page.hostname);
}
