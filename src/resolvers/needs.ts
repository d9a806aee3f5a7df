import type { DocumentNode, GraphQLField, GraphQLSchema, OperationDefinitionNode, SelectionSetNode } from 'graphql';
import { Extensions } from 'type-graphql';
import type { Caller } from '../access/caller.js';
import { AccessError } from '../access/errors.js';
import { allows, ROLES, type Role } from '../access/role.js';
import type { AccessSettings } from '../access/settings.js';

/** Who may use a query, mutation or subscription. Stands beside it; a schema with a field that has none is refused. */
export function Needs(role: Role) {
  return Extensions({ role });
}

/** The role that a field of a root type declares; throws where it declares none. */
function roleOf(type: string, { name, extensions }: GraphQLField<unknown, unknown>): Role {
  const role = ROLES.find((candidate) => candidate === extensions['role']);
  if (role) return role;
  throw new Error(`${type}.${name}: expected @Needs(role) beside it, found none: who may use it?`);
}

/** Every root field as `Query.model`, and the role that it needs. */
export function rolesOf(schema: GraphQLSchema): ReadonlyMap<string, Role> {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) => Object.values(type?.getFields() ?? {}).map((field) => ({ type, field })));
  return new Map(fields.map(({ type, field }) => [`${type}.${field.name}`, roleOf(String(type), field)]));
}

/** Names of an operation's root fields, whatever fragments they stand in. */
function rootFields(document: DocumentNode, { selectionSet }: OperationDefinitionNode): Set<string> {
  const [names, seen] = [new Set<string>(), new Set<string>()];
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const node of selections) {
      if (node.kind === 'Field') names.add(node.name.value);
      else if (node.kind === 'InlineFragment') collect(node.selectionSet);
      else if (!seen.has(node.name.value)) {
        seen.add(node.name.value);
        for (const part of document.definitions)
          if (part.kind === 'FragmentDefinition' && part.name.value === node.name.value) collect(part.selectionSet);
      }
    }
  };
  collect(selectionSet);
  return names;
}

export interface Operation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/**
 * Throws unless the caller may do the whole of an operation: nothing of it is done otherwise. Every operation needs READ at
 * least; a field that `@skip` leaves out counts too.
 */
export function authorize(
  { schema, document, operation }: Operation,
  caller: Caller | null,
  { introspection }: Pick<AccessSettings, 'introspection'>,
): void {
  if (caller === null) throw AccessError.noToken();
  const type = schema.getRootType(operation.operation);
  for (const name of rootFields(document, operation)) {
    const field = type?.getFields()[name];
    const needed = field ? roleOf(String(type), field) : 'READ';
    if (!allows(caller.role, needed)) throw AccessError.role(`${type}.${name}`, needed, caller.role);
    if ((name === '__schema' || name === '__type') && !mayIntrospect(introspection, caller)) {
      throw AccessError.because(
        `${name}: introspection is ${introspection === 'off' ? 'off' : 'for administrators'} here.`,
      );
    }
  }
}

/** Whether a caller may see the schema; who may not gets no suggestions either. */
export function mayIntrospect(policy: AccessSettings['introspection'], caller: Caller | null): boolean {
  return policy === 'on' || (policy === 'admin' && caller?.role === 'ADMIN');
}
