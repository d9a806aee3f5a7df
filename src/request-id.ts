import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const REQUESTS = new AsyncLocalStorage<{ readonly requestId: string }>();

/** What a proxy may call a request; anything else could forge a line of the log. */
const GIVEN = /^[\w.-]{1,64}$/;

/** Answers a request under an id, its own or a new one, which the answer's `x-request-id` and every line of the log carry. */
export function withRequestId(request: IncomingMessage, response: ServerResponse, answer: () => void): void {
  const given = request.headers['x-request-id'];
  const requestId = typeof given === 'string' && GIVEN.test(given) ? given : randomUUID();
  response.setHeader('x-request-id', requestId);
  REQUESTS.run({ requestId }, answer);
}

/** The fields of the log that the request under way adds. */
export function requestFields(): object {
  return REQUESTS.getStore() ?? {};
}
