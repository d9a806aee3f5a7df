import type { Graph, Node, Value } from '../graph/graph.js';
import { int64Tensor, type Tensor } from '../graph/tensor.js';
import { applies } from '../passes.js';
import { overwritten } from './overwritten.js';

/** An extent that a model leaves open, without a name; lower ones have names. */
const OPEN = -1;

/**
 * The same graph, but the first extent of its values is not written down. Where ONNX Runtime (1.30) knows two values to be of one
 * shape it may plan the second into the memory of the first, which then is held from one to the other: values that only a VJP reads
 * lie so far apart that little is ever given back. A VJP of a 64×64 UNet (batch 8) took 721 MiB beyond its weights with known extents,
 * 538 with open ones; 496 and 247 with checkpoints. Names for open extents say which values are alike after all: those
 * that an operator may write over what it reads for the last time ({@link overwritten}). Where it may not, a convolution copies its summand first.
 */
export function withOpenExtents(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const over = applies('in-place') ? overwritten(graph) : null;
  const extents = new Map<string, number>();
  const named = (value: Value): Value => {
    const extent = extents.get(over?.get(value.name) ?? '') ?? OPEN - 1 - extents.size;
    extents.set(value.name, extent);
    return withFirst(value, extent);
  };
  return {
    inputs: graph.inputs.map((input) => withFirst(input, OPEN)),
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, withFirst(value, OPEN)])),
    nodes: graph.nodes.map((node) => ({
      ...openReshape(node, constants),
      outputs: over ? node.outputs.map(named) : node.outputs,
    })),
    constants,
  };
}

function withFirst(value: Value, extent: number): Value {
  return value.shape.length > 1 ? { ...value, shape: [extent, ...value.shape.slice(1)] } : value;
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
