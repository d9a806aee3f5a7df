import { createHash } from 'node:crypto';
import type { Graph, Node, Value } from '../graph/graph.js';
import { sharedCopy } from '../graph/shared-memory.js';
import { type FloatTensor, floatTensor, sizeOf, type Tensor } from '../graph/tensor.js';
import { applies } from '../passes.js';
import { BLOCKS_DOMAIN } from './blocks/images.js';
import type { Device } from './device.js';

/** To feed one takes 2 µs a run: for smaller ones it would not be worth it. */
const LEAST_BYTES = 64 * 2 ** 10;

/** Values by name, in memory that threads share. */
export type SharedWeights = Readonly<Record<string, FloatTensor>>;

/** Whether sessions of a device have the weights of a UNet in common. */
export function sharesWeights({ channelBlock, sharesMemory }: Pick<Device, 'channelBlock' | 'sharesMemory'>): boolean {
  return sharesMemory && channelBlock !== null && applies('shared-weights') && applies('channel-blocks');
}

/** Whether an operator reads an input as it lies, constant or not: a convolution in blocks its filter, a product its factors. */
function readsAsItLies({ op, domain }: Node, at: number): boolean {
  return (op === 'Conv' && domain === BLOCKS_DOMAIN && at === 1) || ((op === 'MatMul' || op === 'Gemm') && at < 2);
}

/** Names of the large constants of a lowered graph that every reader reads as they lie. */
export function sharedConstants({ nodes, constants, outputs }: Graph): Set<string> {
  const isLarge = ({ dtype, shape }: Tensor) => dtype === 'float32' && 4 * sizeOf(shape) >= LEAST_BYTES;
  const names = new Set([...constants].filter(([, tensor]) => isLarge(tensor)).map(([name]) => name));
  for (const node of nodes)
    node.inputs.forEach((input, at) => {
      if (input && !readsAsItLies(node, at)) names.delete(input.name);
    });
  for (const { name } of Object.values(outputs)) names.delete(name);
  return names;
}

/** By the hash of their bytes: gone when no session has them. */
const known = new Map<string, WeakRef<Float32Array>>();

/**
 * The same graph with large weights as inputs, and their values in memory that all sessions and threads share: ONNX Runtime holds
 * constants once a session, so that each lane, and sampling and gradients, had a copy of its own.
 */
export function withSharedWeights(
  graph: Graph,
  sharesMemory: boolean,
): { readonly graph: Graph; readonly weights: SharedWeights } {
  if (!sharesMemory || !applies('shared-weights')) return { graph, weights: {} };
  for (const [key, reference] of known) if (!reference.deref()) known.delete(key);
  const inputs: Value[] = [...graph.inputs];
  const constants = new Map(graph.constants);
  const weights: Record<string, FloatTensor> = {};
  for (const name of sharedConstants(graph)) {
    const tensor = constants.get(name) as FloatTensor;
    constants.delete(name);
    inputs.push({ name, shape: tensor.shape, dtype: tensor.dtype });
    weights[name] = shared(tensor);
  }
  return { graph: { ...graph, inputs, constants }, weights };
}

function shared({ shape, data }: FloatTensor): FloatTensor {
  const key = createHash('sha256').update(data).digest('base64');
  const copy = known.get(key)?.deref() ?? sharedCopy(floatTensor(shape, data)).data;
  // What sessions hold is this array, not a tensor around it.
  known.set(key, new WeakRef(copy));
  return floatTensor(shape, copy);
}
