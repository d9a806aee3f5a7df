import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { TestServer } from '../helpers/server.js';

/** The smallest operation that uses a root field: unknown ids, and whatever else its types ask for. */

export interface GeneratedOperation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

export function operationOf(
  kind: 'query' | 'mutation' | 'subscription',
  field: GraphQLField<unknown, unknown>,
  server: TestServer,
): GeneratedOperation {
  const required = field.args.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);
  const declared = required.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = required.map(({ name }) => `${name}: $${name}`).join(', ');
  const call = `${field.name}${passed && `(${passed})`}${selectionOf(field.type)}`;
  const variables = Object.fromEntries(required.map(({ name, type }) => [name, exampleOf(name, type, server)]));
  return { query: `${kind}${declared && ` (${declared})`} { ${call} }`, variables };
}

function selectionOf(type: GraphQLOutputType): string {
  return isLeafType(getNamedType(type)) ? '' : ' { __typename }';
}

function exampleOf(name: string, type: GraphQLInputType, server: TestServer): unknown {
  if (isNonNullType(type)) return exampleOf(name, type.ofType, server);
  if (isListType(type)) return [exampleOf(name, type.ofType, server)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
    return Object.fromEntries(required.map((field) => [field.name, exampleOf(field.name, field.type, server)]));
  }
  if (type.name === 'ID') return server.unknownId(name.startsWith('model') ? 'Model' : 'Direction');
  return { Int: 1, Float: 1, Boolean: true }[type.name] ?? 'x';
}
