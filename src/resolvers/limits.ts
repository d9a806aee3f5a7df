import { ApolloArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import { LIMIT_SETTINGS, type Limits } from '../access/limits.js';
import { costRule } from './cost.js';

type DocumentLimit = 'depth' | 'aliases' | 'directives' | 'cost';

/** Reported and not thrown: a validation rule that throws closes the socket of a WebSocket client. */
function reporting(limits: Limits, name: Exclude<DocumentLimit, 'cost'>) {
  const onReject = (context: ValidationContext | null, error: GraphQLError) => {
    const message = error.message.replace('Syntax Error: ', '');
    const found = /found (\d+)/.exec(message)?.[1];
    context?.reportError(limitReached(limits, name, message, found === undefined ? null : Number(found)));
  };
  return { n: limits[name], propagateOnRejection: false, onReject: [onReject] };
}

function limitReached(limits: Limits, name: DocumentLimit, message: string, value: number | null): GraphQLError {
  const details = { limit: limits[name], setting: LIMIT_SETTINGS[name].variable, ...(value === null ? {} : { value }) };
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', ...details } });
}

/** Limits on what one operation may ask for, the same over HTTP and over WebSocket. */
export function limitRules(limits: Limits): readonly ValidationRule[] {
  const armor = new ApolloArmor({
    maxDepth: { ...reporting(limits, 'depth'), flattenFragments: true },
    maxAliases: reporting(limits, 'aliases'),
    maxDirectives: reporting(limits, 'directives'),
    // The parser's own `maxTokens` does it, for both transports; cost is counted by our rule.
    maxTokens: { enabled: false },
    costLimit: { enabled: false },
    // Suggestions help whoever may see the schema; nobody else gets any (`hideSuggestions`, `withoutSuggestions`).
    blockFieldSuggestion: { enabled: false },
  });
  return [
    ...armor.protect().validationRules,
    costRule(limits.cost, (message, value) => limitReached(limits, 'cost', message, value)),
  ];
}
