import type { Graph, Node, Value } from '../../graph/graph.js';
import { int64Tensor, type Tensor } from '../../graph/tensor.js';

/**
 * Makes sums part of the convolution or affine map that made one of their operands, if nobody else reads it and `takesSum`: an image
 * of the same shape becomes its fourth operand, after `[x, weights, bias or null]`; `[1,C,1,1]`, the same for each sample, part of a
 * convolution's bias. The operator moves to where the sum was.
 */
export function withSums(graph: Graph, takesSum: (node: Node) => boolean): Graph {
  return new Summing(graph, takesSum).result();
}

class Summing {
  /** Null where a node has moved. */
  private readonly nodes: (Node | null)[] = [];
  private readonly constants: Map<string, Tensor>;
  private readonly readers = new Map<string, number>();
  /** Where what made a value lies in the nodes. */
  private readonly makers = new Map<string, number>();

  constructor(
    private readonly graph: Graph,
    private readonly takesSum: (node: Node) => boolean,
  ) {
    this.constants = new Map(graph.constants);
    for (const value of [...graph.nodes.flatMap(({ inputs }) => inputs), ...Object.values(graph.outputs)])
      if (value) this.readers.set(value.name, (this.readers.get(value.name) ?? 0) + 1);
  }

  result(): Graph {
    for (const node of this.graph.nodes) if (!this.merged(node)) this.push(node);
    return { ...this.graph, nodes: this.nodes.filter((node) => node !== null), constants: this.constants };
  }

  private merged({ op, domain, inputs, outputs }: Node): boolean {
    if (op !== 'Add' || domain !== undefined) return false;
    const [a, b] = inputs as [Value, Value];
    // The later one, so that the other is there.
    const [image, summand] = this.makerOf(a) > this.makerOf(b) ? [a, b] : [b, a];
    const at = this.makerOf(image);
    const [operator, output] = [this.nodes[at], outputs[0] as Value];
    if (!operator || image.shape.join() !== output.shape.join()) return false;
    const operands = this.withSummand(operator, summand, output);
    if (!operands) return false;
    this.nodes[at] = null;
    this.push({ ...operator, inputs: operands, outputs: [output] });
    return true;
  }

  /** The operands of `operator` with one more to be added to `output`; null if it is none that it can take. */
  private withSummand({ op, inputs }: Node, summand: Value, output: Value): (Value | null)[] | null {
    const [x = null, weights = null, bias = null] = inputs;
    if (summand.shape.join() === output.shape.join()) return [x, weights, bias, summand];
    const channels = output.shape[1] ?? 1;
    const isBias = op === 'Conv' && summand.shape.join() === `1,${channels},1,1`;
    return isBias ? [x, weights, this.biasWith(bias, summand, channels, output.name)] : null;
  }

  private biasWith(bias: Value | null, summand: Value, channels: number, name: string): Value {
    const target: Value = { name: `${name}_channels`, shape: [1], dtype: 'int64' };
    this.constants.set(target.name, int64Tensor([channels]));
    const flat: Value = { name: `${name}_flat`, shape: [channels], dtype: summand.dtype };
    this.push({ op: 'Reshape', inputs: [summand, target], outputs: [flat], attributes: {} });
    if (!bias) return flat;
    const both: Value = { ...flat, name: `${name}_bias` };
    this.push({ op: 'Add', inputs: [bias, flat], outputs: [both], attributes: {} });
    return both;
  }

  /** Where the operator lies that made `value`, for it alone to be read, and can take a sum; −1 if there is none. */
  private makerOf({ name }: Value): number {
    const at = this.readers.get(name) === 1 ? (this.makers.get(name) ?? -1) : -1;
    const node = this.nodes[at];
    return node && !node.inputs[3] && this.takesSum(node) ? at : -1;
  }

  private push(node: Node): void {
    for (const { name } of node.outputs) this.makers.set(name, this.nodes.length);
    this.nodes.push(node);
  }
}
