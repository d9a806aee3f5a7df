import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  parse,
  type ValidationRule,
  validate,
} from 'graphql';

/** Documents of clients that come in their thousands are few and short. */
const KEPT_MAX = 100;
const KEPT_CHARACTERS = 10_000;

/** Parses and validates; what was valid lately is not looked at again. Throws a GraphQLError for what cannot be parsed. */
export function documentValidator(
  schema: GraphQLSchema,
  rules: readonly ValidationRule[],
  maxTokens: number,
): (query: string, options?: { readonly hideSuggestions: boolean }) => DocumentNode | readonly GraphQLError[] {
  const valid = new Map<string, DocumentNode>();
  return (query, options) => {
    const known = valid.get(query);
    const document = known ?? parse(query, { maxTokens });
    const errors = known ? [] : validate(schema, document, rules, options);
    if (errors.length > 0) return errors;
    valid.delete(query);
    if (query.length <= KEPT_CHARACTERS) valid.set(query, document);
    for (const [oldest] of valid) if (valid.size > KEPT_MAX) valid.delete(oldest);
    return document;
  };
}
