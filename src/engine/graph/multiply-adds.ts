import type { Graph, Node } from './graph.js';
import { sizeOf } from './tensor.js';

/**
 * Multiply-adds of one run of a graph, from its shapes: those of Conv, ConvTranspose and MatMul, beside which all other
 * operators of a network are small. Two floating-point operations each.
 */
export function multiplyAdds({ nodes }: Pick<Graph, 'nodes'>): number {
  return nodes.reduce((sum, node) => sum + ofNode(node), 0);
}

function ofNode({ op, inputs, outputs }: Node): number {
  const [first = [], second = []] = inputs.map((input) => input?.shape ?? []);
  const elements = sizeOf(outputs[0]?.shape ?? []);
  // Weights are [O,C,kh,kw]: each element of the output sums over C·kh·kw.
  if (op === 'Conv') return elements * sizeOf(second.slice(1));
  // Weights are [C,O,kh,kw]: each element of the input is spread over O·kh·kw.
  if (op === 'ConvTranspose') return sizeOf(first) * sizeOf(second.slice(1));
  return op === 'MatMul' ? elements * (first.at(-1) ?? 0) : 0;
}
