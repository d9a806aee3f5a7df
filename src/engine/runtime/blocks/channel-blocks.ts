import type { Graph, Node } from '../../graph/graph.js';
import { BlockedImages } from './images.js';
import { RULES, takesSum } from './rules.js';
import { withSums } from './sums.js';

/**
 * The same graph with its images `[N,C,H,W]` in blocks of `block` channels, in memory `[N,C/block,H,W,block]`, from one convolution to
 * the next. ONNX Runtime convolves in this order, and puts images into it and back around each convolution, as it knows neither
 * normalisation nor its gradient in it. Here all that lies between stays in it: means of channels are its average pooling, affine
 * maps its convolution of single channels, and sums are part of what made one of their operands.
 */
export function withChannelBlocks(graph: Graph, block: number): Graph {
  const images = new BlockedImages(graph.constants, block);
  // Trained weights are convolved in ONNX's order.
  if (!graph.nodes.some((node) => node.op === 'Conv' && takesSum(images, node))) return graph;
  const summing = withSums({ ...graph, nodes: graph.nodes.map(asAffine) }, (node) => takesSum(images, node));
  for (const [name, tensor] of summing.constants) images.constants.set(name, tensor);
  for (const node of summing.nodes) {
    if (node.domain === undefined && RULES[node.op]?.(images, node)) continue;
    for (const input of node.inputs) if (input) images.inOrder(input);
    images.nodes.push(node);
  }
  const outputs = Object.values(graph.outputs).map((output) => images.inOrder(output));
  const read = new Set([...images.nodes.flatMap(({ inputs }) => inputs), ...outputs].map((value) => value?.name));
  const constants = new Map([...images.constants].filter(([name]) => read.has(name)));
  return { ...graph, nodes: images.nodes, constants };
}

/** The end of a group normalisation is an affine map, once its gradient is recorded. */
function asAffine(node: Node): Node {
  return node.op === 'GroupNormAffine' ? { ...node, op: 'SampleAffine', inputs: node.inputs.slice(0, 3) } : node;
}
