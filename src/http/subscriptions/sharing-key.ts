import { type DocumentNode, type GraphQLSchema, Kind, visit } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';

/**
 * Subscriptions with the same key get the same bytes for the same event: the same run, document, operation and variables,
 * seen by the same audience. Where each of them starts makes no difference to an event, so that `after` is left out.
 */
export function sharingKey(
  { query, operationName, variables }: SubscribePayload,
  { schema, document }: { readonly schema: GraphQLSchema; readonly document: DocumentNode },
  { runId, audience }: { readonly runId: string; readonly audience: string },
): string {
  const positions = positionVariables(schema, document);
  const others = Object.entries(variables ?? {}).filter(([name]) => !positions.has(name));
  return JSON.stringify([runId, audience, operationName ?? null, others, query]);
}

/** Variables that are used as the `after` of a subscription, and nowhere else. */
function positionVariables(schema: GraphQLSchema, document: DocumentNode): ReadonlySet<string> {
  const subscriptions = schema.getSubscriptionType()?.getFields() ?? {};
  const uses = new Map<string, number>();
  const positions = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void count(uses, name.value),
    Field(field) {
      // No other type has a field of such a name.
      if (!(field.name.value in subscriptions)) return;
      for (const { name, value } of field.arguments ?? [])
        if (name.value === 'after' && value.kind === Kind.VARIABLE) count(positions, value.name.value);
    },
  });
  return new Set([...positions].flatMap(([name, times]) => (uses.get(name) === times ? [name] : [])));
}
