import type { Node, Value } from '../graph/graph.js';
import { opNamed } from '../ops/table.js';
import type { Tape } from '../ops/tape.js';

/** Raised when a path to be differentiated runs through an operator without a gradient rule, or a rule fails. */
export class GradientError extends Error {
  override readonly name = 'GradientError';
}

/**
 * Reverse-mode differentiation: records on `tape` the vector-Jacobian product of `outputs` with `cotangents` and returns
 * one cotangent for each of `wrt`, of the same shape (`null` where no output depends on it). Only nodes on a path from
 * `wrt` to `outputs` are differentiated, so frozen weights never get gradients. The recorded nodes have rules themselves:
 * differentiate them again for higher orders.
 */
export function vjp(
  tape: Tape,
  outputs: readonly Value[],
  cotangents: readonly Value[],
  wrt: readonly Value[],
): (Value | null)[] {
  const active = reachableFrom(tape, wrt);
  const gathered = new Map<string, Value>();
  const gather = (value: Value, cotangent: Value) => {
    const known = gathered.get(value.name);
    gathered.set(value.name, known ? tape.add(known, cotangent) : cotangent);
  };
  outputs.forEach((output, index) => {
    const cotangent = cotangents[index];
    if (cotangent?.shape.join() !== output.shape.join()) {
      throw new GradientError(`cotangent ${index}: expected shape [${output.shape}], got [${cotangent?.shape}]`);
    }
    gather(output, cotangent);
  });
  for (const node of [...tape.nodes].reverse()) backward(tape, node, active, gathered, gather);
  return wrt.map((value) => gathered.get(value.name) ?? null);
}

/** Names of `wrt` and of all float values computed from them. */
function reachableFrom(tape: Tape, wrt: readonly Value[]): Set<string> {
  const active = new Set(wrt.map((value) => value.name));
  for (const node of tape.nodes) {
    if (opNamed(node.op).gradient === null) continue;
    if (node.inputs.some((input) => input && active.has(input.name)))
      for (const output of node.outputs) active.add(output.name);
  }
  return active;
}

function backward(
  tape: Tape,
  node: Node,
  active: ReadonlySet<string>,
  gathered: ReadonlyMap<string, Value>,
  gather: (value: Value, cotangent: Value) => void,
): void {
  const { gradient } = opNamed(node.op);
  const cotangents = node.outputs.map((output) =>
    active.has(output.name) ? (gathered.get(output.name) ?? null) : null,
  );
  const needs = (index: number) => active.has(node.inputs[index]?.name ?? '');
  if (
    gradient === null ||
    cotangents.every((cotangent) => cotangent === null) ||
    !node.inputs.some((_, index) => needs(index))
  )
    return;
  const made = runRule(node, () => gradient({ tape, node, cotangents, needs }));
  node.inputs.forEach((input, index) => {
    const cotangent = made[index];
    if (input && cotangent && needs(index)) gather(input, cotangent);
  });
}

function runRule(node: Node, rule: () => (Value | null)[]): (Value | null)[] {
  try {
    return rule();
  } catch (cause) {
    const operands = node.inputs.map((input) => (input ? `${input.name}[${input.shape}]` : 'none')).join(', ');
    throw new GradientError(
      `gradient of ${node.op}(${operands}) → ${node.outputs[0]?.name}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
