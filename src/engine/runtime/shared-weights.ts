import { createHash } from 'node:crypto';
import type { Graph, Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf, type Tensor } from '../graph/tensor.js';
import { applies } from '../passes.js';
import { BLOCKS_DOMAIN } from './blocks/images.js';

/** Feeding a weight takes a microsecond a run; smaller ones are not worth it. */
const LEAST_BYTES = 64 * 2 ** 10;

/** Values by name, in memory that threads share. */
export type SharedWeights = Readonly<Record<string, FloatTensor>>;

/** Names of the constants that convolutions in blocks, and nothing else, read as filters: the runtime reads them as they lie, fed or not. */
export function sharedFilters({ nodes, constants, outputs }: Graph): Set<string> {
  const filters = new Set<string>();
  if (!applies('shared-weights')) return filters;
  const isLarge = ({ name }: Value) => 4 * sizeOf(constants.get(name)?.shape ?? [0]) >= LEAST_BYTES;
  for (const { op, domain, inputs } of nodes) {
    const filter = op === 'Conv' && domain === BLOCKS_DOMAIN ? inputs[1] : null;
    if (filter && isLarge(filter)) filters.add(filter.name);
  }
  for (const { op, domain, inputs } of nodes)
    inputs.forEach((input, at) => {
      if (input && !(op === 'Conv' && domain === BLOCKS_DOMAIN && at === 1)) filters.delete(input.name);
    });
  for (const { name } of Object.values(outputs)) filters.delete(name);
  return filters;
}

/**
 * The same graph with large filters as inputs, and their values in memory that all sessions and threads share. ONNX Runtime holds constants
 * once a session: lanes and the sessions of sampling and of gradients had a copy each.
 */
export function withSharedWeights(graph: Graph): { graph: Graph; weights: SharedWeights } {
  const filters = sharedFilters(graph);
  const inputs: Value[] = [...graph.inputs];
  const constants = new Map(graph.constants);
  const weights: Record<string, FloatTensor> = {};
  for (const name of filters) {
    const tensor = constants.get(name) as Tensor;
    constants.delete(name);
    inputs.push({ name, shape: tensor.shape, dtype: tensor.dtype });
    weights[name] = shared(tensor as FloatTensor);
  }
  return { graph: { ...graph, inputs, constants }, weights };
}

/** By the hash of their bytes: gone when no session has them. */
const known = new Map<string, WeakRef<Float32Array<SharedArrayBuffer>>>();

function shared({ shape, data }: FloatTensor): FloatTensor {
  const hash = createHash('sha256').update(data).digest('base64');
  for (const [key, memory] of known) if (!memory.deref()) known.delete(key);
  const memory = known.get(hash)?.deref() ?? copied(data);
  known.set(hash, new WeakRef(memory));
  return floatTensor(shape, memory as unknown as Float32Array<ArrayBuffer>);
}

/** A buffer that may grow begins on a page: convolutions read lines of the cache, whole ones faster. */
function copied(data: Float32Array): Float32Array<SharedArrayBuffer> {
  const bytes = data.byteLength;
  const buffer =
    process.env['SABVAR'] === 'plain' ? new SharedArrayBuffer(bytes) : new SharedArrayBuffer(bytes, { maxByteLength: bytes });
  const memory = new Float32Array(buffer, 0, data.length);
  memory.set(data);
  return memory;
}
