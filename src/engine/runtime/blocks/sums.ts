import type { Graph, Node, Value } from '../../graph/graph.js';
import { int64Tensor } from '../../graph/tensor.js';

/** Operators on blocks that add what their fourth operand is: `[x, weights, bias or null, summand]`. */
export type TakesSum = (node: Node) => boolean;

/**
 * Makes sums part of the convolution or affine map that one of their operands comes from and nobody else reads: an image becomes its
 * fourth operand; `[1,C,1,1]`, the same for each sample, goes to a convolution's bias. The operator moves to where the sum was.
 */
export function withSums(graph: Graph, takesSum: TakesSum): Graph {
  const readers = new Map<string, number>();
  for (const value of [...graph.nodes.flatMap(({ inputs }) => inputs), ...Object.values(graph.outputs)])
    if (value) readers.set(value.name, (readers.get(value.name) ?? 0) + 1);
  const constants = new Map(graph.constants);
  const nodes: (Node | null)[] = [];
  /** Where what makes a value lies in `nodes`. */
  const made = new Map<string, number>();
  const maker = (value: Value | null | undefined) => {
    const at = value && readers.get(value.name) === 1 ? made.get(value.name) : undefined;
    const node = at === undefined ? null : nodes[at];
    return node && takesSum(node) && !node.inputs[3] ? (at as number) : -1;
  };
  const push = (node: Node) => {
    for (const { name } of node.outputs) made.set(name, nodes.length);
    nodes.push(node);
  };
  const reshaped = (value: Value, shape: readonly number[], name: string): Value => {
    const target: Value = { name: `${name}_shape`, shape: [shape.length], dtype: 'int64' };
    constants.set(target.name, int64Tensor(shape));
    const output: Value = { name, shape, dtype: value.dtype };
    push({ op: 'Reshape', inputs: [value, target], outputs: [output], attributes: {} });
    return output;
  };
  for (const node of graph.nodes) {
    const [a, b] = node.inputs;
    const output = node.outputs[0] as Value;
    const at = node.op === 'Add' && node.domain === undefined ? Math.max(maker(a), maker(b)) : -1;
    const operator = nodes[at];
    const value = made.get(a?.name ?? '') === at ? a : b;
    const summand = value === a ? b : a;
    if (!operator || !value || !summand || value.shape.join() !== output.shape.join()) push(node);
    else if (summand.shape.join() === output.shape.join()) {
      nodes[at] = null;
      const [x, weights, bias = null] = operator.inputs;
      push({ ...operator, inputs: [x as Value, weights as Value, bias, summand], outputs: [output] });
    } else if (operator.op === 'Conv' && summand.shape.join() === `1,${output.shape[1]},1,1`) {
      nodes[at] = null;
      const [x, weights, bias = null] = operator.inputs;
      let offsets = reshaped(summand, [output.shape[1] ?? 1], `${output.name}_offsets`);
      if (bias) {
        const both = { ...offsets, name: `${output.name}_bias` };
        push({ op: 'Add', inputs: [bias, offsets], outputs: [both], attributes: {} });
        offsets = both;
      }
      push({ ...operator, inputs: [x as Value, weights as Value, offsets], outputs: [output] });
    } else push(node);
  }
  return { ...graph, nodes: nodes.filter((node) => node !== null), constants };
}
