import { ApolloArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import { costRule } from './cost.js';

/** Limits on what one operation may ask for, the same over HTTP and over WebSocket. */

/** An editor's introspection query has about 400. */
export const MAX_TOKENS = 2000;
/** directions → edges → node → duplicateOf → discovery → model → … : what a client needs, and a little more. */
const MAX_DEPTH = 12;
/** A page of edits by alias, for clients that batch. */
const MAX_ALIASES = 30;
const MAX_DIRECTIVES = 20;
/** Two hundred directions with everything, or twenty models with fifty each. */
const MAX_COST = 50_000;

/** Reported and not thrown: a validation rule that throws closes the socket of a WebSocket client. */
const reporting = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError) => {
      const message = error.message.replace('Syntax Error: ', '');
      context?.reportError(new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } }));
    },
  ],
};

export function limitRules(): readonly ValidationRule[] {
  const armor = new ApolloArmor({
    maxDepth: { n: MAX_DEPTH, flattenFragments: true, ...reporting },
    maxAliases: { n: MAX_ALIASES, ...reporting },
    maxDirectives: { n: MAX_DIRECTIVES, ...reporting },
    // The parser's own `maxTokens` does it, for both transports; cost is counted by our rule.
    maxTokens: { enabled: false },
    costLimit: { enabled: false },
    // The schema is public: suggestions help.
    blockFieldSuggestion: { enabled: false },
  });
  return [...armor.protect().validationRules, costRule(MAX_COST)];
}
