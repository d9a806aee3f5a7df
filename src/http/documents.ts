import { type ExecutionArgs, GraphQLError, type GraphQLSchema, getOperationAST, specifiedRules } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { Caller } from '../access/caller.js';
import { AccessError } from '../access/errors.js';
import { LimitError } from '../access/limit-error.js';
import type { AccessSettings } from '../access/settings.js';
import { limitRules } from '../resolvers/limits.js';
import { authorize, mayIntrospect } from '../resolvers/needs.js';
import { checkPayload } from './payload.js';
import { documentValidator } from './validated-documents.js';

export type ToExecutionArgs = (payload: SubscribePayload, caller: Caller) => ExecutionArgs | readonly GraphQLError[];

/**
 * Parses, validates and authorises what came over a WebSocket, as Apollo does what came over HTTP. What is wrong with a
 * document is an answer to that operation; thrown, it would close the socket for all of them.
 */
export function executionArgs(schema: GraphQLSchema, access: AccessSettings): ToExecutionArgs {
  const documentOf = documentValidator(schema, [...specifiedRules, ...limitRules(access.limits)], access.limits.tokens);
  return ({ query, operationName, variables }, caller) => {
    const hideSuggestions = !mayIntrospect(access.introspection, caller);
    try {
      checkPayload(query, variables, access.limits);
      const document = documentOf(query, { hideSuggestions });
      if (!('kind' in document)) return document;
      const operation = getOperationAST(document, operationName);
      // Without one execution says what is missing.
      if (operation) authorize({ schema, document, operation }, caller, access);
      return { schema, document, operationName, variableValues: variables, hideSuggestions };
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      if (error instanceof AccessError || error instanceof LimitError)
        return [new GraphQLError(error.message, { originalError: error })];
      throw error;
    }
  };
}
