import {
  type FieldNode,
  type GraphQLError,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
  type ValueNode,
} from 'graphql';
import { PAGE_DEFAULT, PAGE_MAX } from './connections.js';

/** Arguments that say how many items a field can return. */
const SIZE_ARGUMENTS: ReadonlySet<string> = new Set(['first', 'last', 'ids']);

/**
 * The number of fields that an operation can return at most, pages inside pages multiplied. graphql-armor's own rule
 * takes a page size given by a variable, or left out, for 1; here a variable counts as the largest page.
 */
export function costRule(maxCost: number, toError: (message: string, cost: number) => GraphQLError): ValidationRule {
  return (context) => ({
    OperationDefinition(operation) {
      const cost = selectionCost(operation.selectionSet, context, new Map());
      if (cost <= maxCost) return;
      const message = `The operation can return ${cost} fields; ${maxCost} are allowed. Ask for smaller pages or fewer fields.`;
      context.reportError(toError(message, cost));
    },
  });
}

type FragmentCosts = Map<string, number>;

function selectionCost(set: SelectionSetNode, context: ValidationContext, fragments: FragmentCosts): number {
  return set.selections.reduce((sum, node) => sum + nodeCost(node, context, fragments), 0);
}

function nodeCost(node: SelectionNode, context: ValidationContext, fragments: FragmentCosts): number {
  if (node.kind === 'FragmentSpread') return fragmentCost(node.name.value, context, fragments);
  if (node.kind === 'InlineFragment') return selectionCost(node.selectionSet, context, fragments);
  // Introspection is the same small answer for everyone.
  if (node.name.value.startsWith('__') || !node.selectionSet) return 1;
  return 1 + itemCount(node) * selectionCost(node.selectionSet, context, fragments);
}

/** Each fragment is counted once and remembered, so that fragments of fragments cost no exponential time. */
function fragmentCost(name: string, context: ValidationContext, fragments: FragmentCosts): number {
  const known = fragments.get(name);
  if (known !== undefined) return known;
  // A fragment inside itself, which another rule refuses, ends here.
  fragments.set(name, 0);
  const fragment = context.getFragment(name);
  const cost = fragment ? selectionCost(fragment.selectionSet, context, fragments) : 0;
  fragments.set(name, cost);
  return cost;
}

function itemCount({ arguments: given, selectionSet }: FieldNode): number {
  const size = given?.find((argument) => SIZE_ARGUMENTS.has(argument.name.value));
  if (size) return sizeOf(size.value);
  const isPage = selectionSet?.selections.some((node) => node.kind === 'Field' && node.name.value === 'edges');
  return isPage ? PAGE_DEFAULT : 1;
}

function sizeOf(value: ValueNode): number {
  if (value.kind === 'IntValue') return Math.max(1, Number.parseInt(value.value, 10));
  return value.kind === 'ListValue' ? value.values.length : PAGE_MAX;
}
