import type { Graph, Node } from '../graph/graph.js';
import { int64Tensor, type Tensor } from '../graph/tensor.js';

/** An extent that a model leaves open. */
const OPEN = -1;

/**
 * The same graph, but the first extent of its inputs and reshaped values is not written down. Where ONNX Runtime (1.30) knows two
 * values to be of one shape it may plan the second into the memory of the first, which then is held from one to the other: values
 * that only a VJP reads lie so far apart that little is ever given back. A VJP of a 64×64 UNet (batch 8) took 721 MiB beyond its
 * weights with known extents, 538 with open ones, at the same speed; 496 and 247 with checkpoints.
 */
export function withOpenExtents(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const open = <Shaped extends { readonly shape: readonly number[] }>(value: Shaped): Shaped =>
    value.shape.length > 1 ? { ...value, shape: [OPEN, ...value.shape.slice(1)] } : value;
  return {
    inputs: graph.inputs.map(open),
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, open(value)])),
    nodes: graph.nodes.map((node) => openReshape(node, constants)),
    constants,
  };
}

/** A target may leave one extent to be computed from the others. */
function openReshape(node: Node, constants: Map<string, Tensor>): Node {
  const [value, target] = node.inputs;
  const extents = target && constants.get(target.name)?.data;
  if (node.op !== 'Reshape' || !value || !target || !(extents instanceof BigInt64Array) || extents.length === 0)
    return node;
  const name = `${target.name}_open`;
  if (!constants.has(name)) constants.set(name, int64Tensor([OPEN, ...Array.from(extents.subarray(1), Number)]));
  return { ...node, inputs: [value, { ...target, name }] };
}
