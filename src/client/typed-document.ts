/**
 * The text of an operation that knows its variables and its result. Any string is one, of unknown types; so are
 * the documents that GraphQL Code Generator writes with `documentMode: 'string'`.
 */
export interface TypedDocument<Result, Variables> {
  toString(): string;
  /** Only there for the types. */
  readonly __apiType?: (variables: Variables) => Result;
}
