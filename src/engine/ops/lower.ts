import type { Graph, Node, Value } from '../graph/graph.js';
import type { OpDefinition } from './definition.js';
import { opNamed } from './table.js';
import { Tape } from './tape.js';

/** Rewrites operators that ONNX does not have (Silu) into ones that it has. Everything else, and what is of another domain, is kept. */
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
  rule: NonNullable<OpDefinition['lower']>,
  prefix: string,
  constants: Map<string, Graph['constants'] extends ReadonlyMap<string, infer T> ? T : never>,
): Node[] {
  const tape = new Tape();
  const inputs = node.inputs.filter((input) => input !== null);
  const made = rule(tape, inputs);
  const results = 'name' in made ? [made] : made;
  // By identity: the rule's tape may give its own values names that there are outside.
  const renamed = (value: Value) => {
    const output = node.outputs[results.indexOf(value)];
    if (output) return output;
    return inputs.includes(value) ? value : { ...value, name: `${prefix}_${value.name}` };
  };
  for (const [name, tensor] of tape.constants) constants.set(`${prefix}_${name}`, tensor);
  return tape.nodes.map((recorded) => ({
    ...recorded,
    inputs: recorded.inputs.map((input) => input && renamed(input)),
    outputs: recorded.outputs.map(renamed),
  }));
}
