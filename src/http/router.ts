import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Storage } from '../storage/types.js';
import { serveDirections, uploadDirections } from './directions.js';
import type { GraphQLOverHttp } from './graphql.js';
import { readiness } from './health.js';
import { serveImage, uploadImage } from './images.js';
import { HttpError, send, sendError, sendJson } from './messages.js';
import type { Metrics } from './metrics/index.js';
import type { Studio } from './studio.js';

export interface Parts {
  readonly storage: Storage;
  readonly graphql: GraphQLOverHttp;
  readonly metrics: Metrics;
  readonly version: string;
  readonly studio: Studio;
  /** Folder of the model that ships. */
  readonly shippedModel: string;
  readonly logger: Logger;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers every HTTP request; errors end here. */
export function createRouter(parts: Parts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    parts.metrics.observeRequest(request, response);
    route(parts, request, response).catch((error: unknown) => fail(parts.logger, request, response, error));
  };
}

async function route(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '/';
  if (path === '/graphql') return parts.graphql.answer(request, response);
  const handlers = handlersOf(parts, path);
  if (handlers === null) throw new HttpError(404, 'NOT_FOUND', `There is nothing at ${path}.`);
  // HEAD is GET without the body, which `send` leaves out.
  const handler = handlers[request.method === 'HEAD' ? 'GET' : (request.method ?? '')];
  if (handler) return handler(request, response);
  const allow = Object.keys(handlers).join(', ');
  throw new HttpError(405, 'BAD_USER_INPUT', `${path} takes ${allow}, not ${request.method}.`, { allow });
}

function handlersOf(parts: Parts, path: string): Readonly<Record<string, Handler>> | null {
  const { storage, metrics, version, studio, shippedModel } = parts;
  if (studio.has(path)) return { GET: async (request, response) => studio.serve(path, request, response) };
  if (path.startsWith('/images/')) {
    return { GET: (request, response) => serveImage(storage, path.slice('/images/'.length), request, response) };
  }
  if (path.startsWith('/directions/')) {
    return {
      GET: (request, response) => serveDirections(storage, path.slice('/directions/'.length), request, response),
    };
  }
  const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
    '/images': { POST: (request, response) => uploadImage(storage, request, response) },
    '/directions': { POST: (request, response) => uploadDirections(storage, request, response) },
    '/healthz': { GET: async (_, response) => sendJson(response, 200, { status: 'up', version }) },
    '/readyz': {
      GET: async (_, response) => {
        const state = await readiness(storage, shippedModel);
        sendJson(response, state.ready ? 200 : 503, state);
      },
    },
    '/metrics': { GET: async (_, response) => send(response, 200, metrics.contentType, await metrics.text()) },
  };
  return routes[path] ?? null;
}

function fail(logger: Logger, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (!(error instanceof HttpError))
    logger.error({ err: error, method: request.method, url: request.url }, 'request failed');
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // A body that nobody reads would keep the connection from its next request.
  request.resume();
  const internal = new HttpError(500, 'INTERNAL_SERVER_ERROR', 'Internal server error. The server log says more.');
  sendError(response, error instanceof HttpError ? error : internal);
}
