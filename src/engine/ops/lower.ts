import type { Graph, Node, Value } from '../graph/graph.js';
import { opNamed } from './table.js';
import { Tape } from './tape.js';

/** Rewrites operators that ONNX does not have (Silu) into ones that it has. Everything else, and what is
 * of another domain, is kept as it is. */
export function lower(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.flatMap((node, index) => {
    if (node.domain !== undefined) return [node];
    const { lower: rule } = opNamed(node.op);
    return rule ? lowerNode(node, rule, `lowered_${index}`, constants) : [node];
  });
  return { ...graph, nodes, constants };
}

function lowerNode(
  node: Node,
  rule: (tape: Tape, inputs: readonly Value[]) => Value,
  prefix: string,
  constants: Map<string, Graph['constants'] extends ReadonlyMap<string, infer T> ? T : never>,
): Node[] {
  const tape = new Tape();
  const inputs = node.inputs.filter((input) => input !== null);
  const result = rule(tape, inputs);
  const output = node.outputs[0] as Value;
  // By identity: the rule's tape may give its own values names that there are outside.
  const renamed = (value: Value) => {
    if (value === result) return output;
    return inputs.includes(value) ? value : { ...value, name: `${prefix}_${value.name}` };
  };
  for (const [name, tensor] of tape.constants) constants.set(`${prefix}_${name}`, tensor);
  return tape.nodes.map((made) => ({
    ...made,
    inputs: made.inputs.map((input) => input && renamed(input)),
    outputs: made.outputs.map(renamed),
  }));
}
