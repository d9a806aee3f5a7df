import type { Graph, Node, Value } from '../graph/graph.js';
import { type DType, sizeOf, type Tensor } from '../graph/tensor.js';
import { lower } from '../ops/lower.js';
import { withChannelBlocks } from './blocks/channel-blocks.js';
import { overwritten } from './overwritten.js';
import { sharedConstants } from './shared-weights.js';

/**
 * Measured on ONNX Runtime 1.30's CPU provider (resident memory that the sessions of seven trainings took, UNets of 1.8 to 12.6 M
 * parameters, within 8 %): weights find some room that there was before, and each node takes its kernel and its description.
 */
const WEIGHT_FACTOR = 0.9;
/** As with AVX-512; other blocks have as many weights. */
export const BLOCK = 16;
const NODE_BYTES = 4 * 2 ** 10;
/** What an arena has in reserve, since it grows in pieces and has holes (as weights, measured). */
const RESERVE_BYTES = 6 * 2 ** 20;
/** What all values of a step take in memory that has holes. */
const HOLES_FACTOR = 1.2;

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
 * Bytes that sessions hold on the CPU once they have run: each its weights but for those that all share (`sharesWeights`), and an
 * arena with the most that is needed at a time of what it computes. Nothing is allocated to know them.
 */
export function sessionBytes(sessions: readonly Sessions[], sharesMemory = false): number {
  const shared: Tensor[][] = [];
  const bytes = sessions.map(({ graph, lanes }) => {
    const arranged = lower(withChannelBlocks(graph, BLOCK));
    const names = sharesMemory ? [...sharedConstants(arranged)] : [];
    const common = names.map((name) => arranged.constants.get(name) as Tensor);
    shared.push(common);
    const weights = WEIGHT_FACTOR * (constantBytes(arranged) - total(common)) + NODE_BYTES * arranged.nodes.length;
    return lanes * (weights + peakOf(arranged, overwritten(arranged)) + RESERVE_BYTES);
  });
  return Math.ceil(bytes.reduce((sum, one) => sum + one, inCommon(shared)));
}

/** What a gradient's session shares includes what the sampling's does: of each shape as many as the session with the most has. */
function inCommon(sessions: readonly (readonly Tensor[])[]): number {
  const most = new Map<string, number>();
  for (const weights of sessions) {
    const alike = new Map<string, number>();
    for (const weight of weights) {
      const shape = String(weight.shape);
      const bytes = (alike.get(shape) ?? 0) + bytesOf(weight);
      alike.set(shape, bytes);
      most.set(shape, Math.max(most.get(shape) ?? 0, bytes));
    }
  }
  return [...most.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function total(values: readonly Pick<Value, 'shape' | 'dtype'>[]): number {
  return values.reduce((sum, value) => sum + bytesOf(value), 0);
}

/** Bytes that a graph takes for what it computes, before it is arranged for a device. */
export function activationBytes(graph: Graph): number {
  return HOLES_FACTOR * peakBytes(graph);
}

/** Bytes of all constants. */
export function constantBytes(graph: Graph): number {
  return total([...graph.constants.values()]);
}

/**
 * The most bytes that values made by the graph's nodes take at once when they run in order: known from the shapes alone.
 * Nodes that compute the same are merged first, as ONNX Runtime merges them: a merged value lives longer.
 */
export function peakBytes(graph: Graph): number {
  const lowered = lower(graph);
  return peakOf({ ...lowered, nodes: merged(lowered) });
}

/** Of a lowered graph, some of whose values lie `over` those of other names. */
function peakOf({ nodes, outputs: results }: Graph, over: ReadonlyMap<string, string> = new Map()): number {
  const owners = new Map<string, string>();
  const owner = (name: string) => owners.get(name) ?? name;
  for (const { op, inputs, outputs } of nodes)
    for (const output of outputs) {
      const below = ALIASES.has(op) ? inputs[0]?.name : over.get(output.name);
      if (below !== undefined) owners.set(output.name, owner(below));
    }
  const lastReader = new Map<string, number>();
  nodes.forEach(({ inputs }, at) => {
    for (const input of inputs) if (input) lastReader.set(owner(input.name), at);
  });
  for (const output of Object.values(results)) lastReader.set(owner(output.name), nodes.length);
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
