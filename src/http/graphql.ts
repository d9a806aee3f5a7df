import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../resolvers/context.js';
import { presentError } from '../resolvers/errors.js';
import { limitRules, MAX_TOKENS } from '../resolvers/limits.js';
import { HttpError, mediaType, readBody } from './messages.js';

const BODY_MAX = 1024 * 1024;

/** What a browser sends across origins without asking first. Apollo's CSRF prevention refuses it. */
const SIMPLE_TYPES: ReadonlySet<string> = new Set([
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
]);

export interface GraphQLOverHttp {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  stop(): Promise<void>;
}

export async function graphqlOverHttp(
  schema: GraphQLSchema,
  createContext: () => RequestContext,
  logger: Logger,
): Promise<GraphQLOverHttp> {
  const apollo = new ApolloServer<RequestContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    validationRules: [...limitRules()],
    parseOptions: { maxTokens: MAX_TOKENS },
    formatError: (_, error) => presentError(error, logger),
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    // The process listens for signals in one place.
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginLandingPageDisabled()],
    logger,
  });
  await apollo.start();
  return {
    stop: () => apollo.stop(),
    async answer(request, response) {
      const body = await requestBody(request);
      const httpGraphQLRequest = { method: 'POST', headers: headersOf(request), search: '', body };
      const result = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest,
        context: async () => createContext(),
      });
      await sendResult(response, result);
    },
  };
}

async function requestBody(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') {
    throw new HttpError(405, 'BAD_USER_INPUT', 'GraphQL operations are sent with POST.', { allow: 'POST' });
  }
  const type = mediaType(request);
  const body = await readBody(request, BODY_MAX);
  // Without a body Apollo gets to refuse it for what it is.
  if (SIMPLE_TYPES.has(type)) return undefined;
  if (type !== 'application/json') {
    throw new HttpError(415, 'BAD_USER_INPUT', `Expected content-type application/json, got "${type}".`);
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not JSON.');
  }
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

async function sendResult(response: ServerResponse, { status, headers, body }: HTTPGraphQLResponse): Promise<void> {
  response.writeHead(status ?? 200, { 'x-content-type-options': 'nosniff', ...Object.fromEntries(headers) });
  if (body.kind === 'complete') {
    response.end(body.string);
    return;
  }
  for await (const chunk of body.asyncIterator) response.write(chunk);
  response.end();
}
