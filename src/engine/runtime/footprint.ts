import type { Graph, Node, Value } from '../graph/graph.js';
import { type DType, sizeOf } from '../graph/tensor.js';
import { lower } from '../ops/lower.js';
import { withChannelBlocks } from './blocks/channel-blocks.js';

/**
 * Measured on ONNX Runtime 1.30's CPU provider (resident memory that the sessions of seven trainings took, UNets of 1.8 to 12.6 M
 * parameters, within 8 %): weights find some room that there was before, and each node takes its kernel and its description.
 */
const WEIGHT_FACTOR = 0.9;
/** As with AVX-512; other blocks have as many weights. */
const BLOCK = 16;
const NODE_BYTES = 4 * 2 ** 10;
/** What an arena loses to holes, and has in reserve since it grows in pieces: seven trainings took 0.88 to 1.22 of what is counted with both. */
const HOLES_FACTOR = 1.2;
const RESERVE_BYTES = 3 * 2 ** 20;

const WIDTHS: Readonly<Record<DType, number>> = { float32: 4, float16: 2, int32: 4, int64: 8, bool: 1 };
/** Operators whose output is their input's memory. */
const ALIASES = new Set(['Reshape', 'Identity']);

function bytesOf({ shape, dtype }: Pick<Value, 'shape' | 'dtype'>): number {
  return sizeOf(shape) * WIDTHS[dtype];
}

/** A graph, and in how many sessions at once it runs. */
export interface Sessions {
  readonly graph: Graph;
  readonly lanes: number;
}

/**
 * Bytes that sessions hold on the CPU once they have run: each its weights, and an arena with the most that is
 * needed at a time of what it computes. Nothing is allocated to know them.
 */
export function sessionBytes(...sessions: readonly Sessions[]): number {
  const bytes = sessions.map(({ graph, lanes }) => {
    const arranged = withChannelBlocks(graph, BLOCK);
    const weights = WEIGHT_FACTOR * constantBytes(arranged) + NODE_BYTES * lower(arranged).nodes.length;
    return lanes * (weights + activationBytes(graph) + RESERVE_BYTES);
  });
  return Math.ceil(bytes.reduce((sum, one) => sum + one, 0));
}

/** Bytes that a session on the CPU takes for what it computes. */
export function activationBytes(graph: Graph): number {
  return HOLES_FACTOR * peakBytes(graph);
}

/** Bytes of all constants. */
export function constantBytes(graph: Graph): number {
  return [...graph.constants.values()].reduce((sum, tensor) => sum + bytesOf(tensor), 0);
}

/**
 * The most bytes that values made by the graph's nodes take at once when they run in order: known from the shapes alone.
 * Nodes that compute the same are merged first, as ONNX Runtime merges them: a merged value lives longer.
 */
export function peakBytes(graph: Graph): number {
  const nodes = merged(lower(graph));
  const owners = new Map<string, string>();
  const owner = (name: string) => owners.get(name) ?? name;
  for (const { op, inputs, outputs } of nodes) {
    const [input, output] = [inputs[0], outputs[0]];
    if (ALIASES.has(op) && input && output) owners.set(output.name, owner(input.name));
  }
  const lastReader = new Map<string, number>();
  nodes.forEach(({ inputs }, at) => {
    for (const input of inputs) if (input) lastReader.set(owner(input.name), at);
  });
  for (const output of Object.values(graph.outputs)) lastReader.set(owner(output.name), nodes.length);
  const held = new Map<string, number>();
  let [now, peak] = [0, 0];
  nodes.forEach(({ inputs, outputs }, at) => {
    for (const output of outputs) {
      if (owners.has(output.name) || !lastReader.has(output.name)) continue;
      held.set(output.name, bytesOf(output));
      now += bytesOf(output);
    }
    peak = Math.max(peak, now);
    for (const input of inputs) {
      const name = input ? owner(input.name) : '';
      if (lastReader.get(name) !== at) continue;
      now -= held.get(name) ?? 0;
      held.delete(name);
    }
  });
  return peak;
}

/** The nodes without those that repeat an earlier one; values of the graph's outputs keep their own. */
function merged(graph: Graph): Node[] {
  const published = new Set(Object.values(graph.outputs).map(({ name }) => name));
  const known = new Map<string, Node>();
  const replaced = new Map<string, Value>();
  return graph.nodes.flatMap((node) => {
    const inputs = node.inputs.map((input) => input && (replaced.get(input.name) ?? input));
    const key = JSON.stringify([node.op, inputs.map((input) => input?.name), node.attributes]);
    const twin = known.get(key);
    if (twin && !node.outputs.some(({ name }) => published.has(name))) {
      node.outputs.forEach(({ name }, at) => {
        replaced.set(name, twin.outputs[at] as Value);
      });
      return [];
    }
    const kept = { ...node, inputs };
    known.set(key, twin ?? kept);
    return [kept];
  });
}
