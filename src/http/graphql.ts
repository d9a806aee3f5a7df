import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Caller } from '../access/caller.js';
import { AccessError } from '../access/errors.js';
import { LimitError } from '../access/limit-error.js';
import type { Limits } from '../access/limits.js';
import type { AccessSettings } from '../access/settings.js';
import type { RequestContext } from '../resolvers/context.js';
import { presentError, withoutSuggestions } from '../resolvers/errors.js';
import { limitRules } from '../resolvers/limits.js';
import { authorize, mayIntrospect } from '../resolvers/needs.js';
import { CHALLENGE } from './admission.js';
import type { Intake } from './intake.js';
import { HttpError, mediaType } from './messages.js';
import { checkPayload } from './payload.js';

/** What a browser sends across origins without asking first. Apollo's CSRF prevention refuses it. */
const SIMPLE_TYPES: ReadonlySet<string> = new Set([
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
]);

export interface GraphQLOverHttp {
  answer(request: IncomingMessage, response: ServerResponse, caller: Caller | null): Promise<void>;
  stop(): Promise<void>;
}

export async function graphqlOverHttp(
  schema: GraphQLSchema,
  createContext: (caller: Caller) => RequestContext,
  logger: Logger,
  access: AccessSettings,
  intake: Intake,
): Promise<GraphQLOverHttp> {
  const apollo = new ApolloServer<RequestContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    validationRules: [...limitRules(access.limits)],
    parseOptions: { maxTokens: access.limits.tokens },
    formatError: (_, error) => presentError(error, logger),
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    // The process listens for signals in one place.
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginLandingPageDisabled(), accessPlugin(access)],
    logger,
  });
  await apollo.start();
  return {
    stop: () => apollo.stop(),
    async answer(request, response, caller) {
      if (caller === null) throw new HttpError(401, 'UNAUTHENTICATED', AccessError.noToken().message, CHALLENGE);
      const body = await requestBody(request, intake);
      refuseLarge(body, access.limits);
      const httpGraphQLRequest = { method: 'POST', headers: headersOf(request), search: '', body };
      const result = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest,
        context: async () => createContext(caller),
      });
      await sendResult(response, result);
    },
  };
}

/** Roles and introspection, for the whole of an operation before any of it is done. */
function accessPlugin(access: AccessSettings): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ schema, document, operation, contextValue }) {
        // Without one nothing is executed.
        if (!operation) return;
        try {
          authorize({ schema, document, operation }, contextValue.access.caller, access);
        } catch (error) {
          if (!(error instanceof AccessError)) throw error;
          throw new GraphQLError(error.message, { extensions: { code: error.code, http: { status: 403 } } });
        }
      },
      async willSendResponse({ response, contextValue }) {
        const { body } = response;
        if (body.kind !== 'single' || mayIntrospect(access.introspection, contextValue.access.caller)) return;
        const errors = body.singleResult.errors?.map(withoutSuggestions);
        if (errors) body.singleResult.errors = errors;
      },
    }),
  };
}

async function requestBody(request: IncomingMessage, intake: Intake): Promise<unknown> {
  if (request.method !== 'POST') {
    throw new HttpError(405, 'BAD_USER_INPUT', 'GraphQL operations are sent with POST.', { allow: 'POST' });
  }
  const type = mediaType(request);
  const text = await intake.receive(request, 'bodyBytes', (body) => body.toString('utf8'));
  // Without a body Apollo gets to refuse it for what it is.
  if (SIMPLE_TYPES.has(type)) return undefined;
  if (type !== 'application/json') {
    throw new HttpError(415, 'BAD_USER_INPUT', `Expected content-type application/json, got "${type}".`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not JSON.');
  }
}

/** As over WebSocket; what is no operation at all is Apollo's to refuse. */
function refuseLarge(body: unknown, limits: Limits): void {
  if (typeof body !== 'object' || body === null) return;
  try {
    checkPayload('query' in body ? body.query : null, 'variables' in body ? body.variables : null, limits);
  } catch (error) {
    throw error instanceof LimitError ? HttpError.ofLimit(400, error) : error;
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
