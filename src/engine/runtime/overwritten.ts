import type { Graph, Node, Value } from '../graph/graph.js';
import { BLOCKS_DOMAIN } from './blocks/images.js';

/** Operands that ONNX Runtime's operators may write their output over (1.30; the CPU's). */
const OPERANDS: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div'].map((op) => [op, [0, 1]])),
  ...Object.fromEntries(
    ['Neg', 'Abs', 'Exp', 'Log', 'Sqrt', 'Sigmoid', 'Tanh', 'Relu', 'Softplus'].map((op) => [op, [0]]),
  ),
};
/** Of a convolution in blocks: what is added to it. */
const SUMMAND = 3;

/** By name of an output, the name of the operand of its shape that is read for the last time, in whose memory it may lie. */
export function overwritten(graph: Graph): ReadonlyMap<string, string> {
  const lives = new Lives(graph);
  const over = new Map<string, string>();
  for (const [at, node] of graph.nodes.entries()) {
    const output = node.outputs[0] as Value;
    const alike = (input: Value | null | undefined): input is Value => input?.shape.join() === output.shape.join();
    const operand = operandsOf(node).find((input): input is Value => alike(input) && lives.endAt(at, input));
    if (operand) over.set(output.name, operand.name);
  }
  return over;
}

function operandsOf({ op, domain, inputs }: Node): (Value | null | undefined)[] {
  if (domain === BLOCKS_DOMAIN) return op === 'Conv' ? [inputs[SUMMAND]] : [];
  return domain === undefined ? (OPERANDS[op] ?? []).map((index) => inputs[index]) : [];
}

/** Until which node the memory of values is read, in their own shape or as a view. */
class Lives {
  private readonly views = new Map<string, string>();
  private readonly ends = new Map<string, number>();

  constructor({ nodes, outputs }: Graph) {
    for (const [at, { op, inputs, outputs }] of nodes.entries()) {
      const [viewed] = inputs;
      if (op === 'Reshape' && viewed) this.views.set((outputs[0] as Value).name, this.memoryOf(viewed));
      else for (const output of outputs) this.ends.set(output.name, at);
      // Of nodes alone: inputs and constants of the graph are not written over.
      for (const input of inputs)
        if (input && this.ends.has(this.memoryOf(input))) this.ends.set(this.memoryOf(input), at);
    }
    for (const output of Object.values(outputs)) this.ends.set(this.memoryOf(output), Number.POSITIVE_INFINITY);
  }

  endAt(node: number, value: Value): boolean {
    return this.ends.get(this.memoryOf(value)) === node;
  }

  private memoryOf({ name }: Value): string {
    return this.views.get(name) ?? name;
  }
}
