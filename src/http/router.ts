import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { LimitError } from '../access/limit-error.js';
import { withRequestId } from '../request-id.js';
import { outageError } from '../resolvers/errors.js';
import { admitCaller, admitPage } from './admission.js';
import { HttpError, sendError } from './messages.js';
import { type Parts, ROUTES, type Route } from './routes.js';

/** Answers every HTTP request; errors end here. */
export function createRouter(parts: Parts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    parts.metrics.observeRequest(request, response);
    withRequestId(request, response, () => {
      route(parts, request, response).catch((error: unknown) => fail(parts.logger, request, response, error));
    });
  };
}

async function route(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (admitPage(parts, request, response) === 'done') return;
  const path = pathOf(request);
  const found = routeOf(request.method ?? '', path);
  const admitted = await admitCaller(parts, found, request);
  const name = found.path.endsWith('*') ? path.slice(found.path.length - 1) : '';
  await found.answer(parts, { request, response, name, ...admitted });
}

/** Without what may be a signature. */
function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '/';
}

function routeOf(method: string, path: string): Route {
  const there = ROUTES.filter((route) =>
    route.path.endsWith('*') ? path.startsWith(route.path.slice(0, -1)) : path === route.path,
  );
  if (there.length === 0) throw new HttpError(404, 'NOT_FOUND', `There is nothing at ${path}.`);
  // HEAD is GET without the body, which `send` leaves out.
  const found = there.find((route) => route.method === (method === 'HEAD' ? 'GET' : method));
  if (found) return found;
  const allow = there.map((route) => route.method).join(', ');
  throw new HttpError(405, 'BAD_USER_INPUT', `${path} takes ${allow}, not ${method}.`, { allow });
}

function fail(logger: Logger, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const known = knownError(error);
  if (!known) logger.error({ err: error, method: request.method, path: pathOf(request) }, 'request failed');
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // A body that nobody reads would keep the connection from its next request.
  request.resume();
  const internal = new HttpError(500, 'INTERNAL_SERVER_ERROR', 'Internal server error. The server log says more.');
  sendError(response, known ?? internal);
}

function knownError(error: unknown): HttpError | null {
  if (error instanceof HttpError) return error;
  if (error instanceof LimitError) return HttpError.ofLimit(507, error);
  const outage = outageError(error);
  if (!outage) return null;
  const status = outage.code === 'STORAGE_FULL' ? 507 : 503;
  return new HttpError(status, outage.code, outage.message, { 'retry-after': '1' });
}
