import type { Graph, Value } from '../graph/graph.js';
import { sizeOf } from '../graph/tensor.js';

/** A cut is moved by so much of a segment at most to where less crosses it. */
const REACH = 0.4;

/**
 * Where the first `end` nodes are best cut into `segments`: before the nodes at these positions. Each segment holds about the same
 * for the nodes after `end`, and little crosses a cut (between two blocks less than in the middle of one).
 */
export function cutsOf(graph: Graph, end: number, segments: number): number[] {
  const held = heldUpTo(graph, end);
  const crossing = crossingBefore(graph, end);
  const total = held[end] ?? 0;
  const cuts = new Set<number>();
  for (let cut = 1; cut < segments; cut += 1) {
    const near = (at: number) => Math.abs((held[at] ?? 0) - (cut * total) / segments) <= (REACH * total) / segments;
    const places = [...crossing.keys()].filter((at) => at > 0 && near(at) && !cuts.has(at));
    if (places.length > 0) cuts.add(places.reduce((a, b) => ((crossing[b] ?? 0) < (crossing[a] ?? 0) ? b : a)));
  }
  return [...cuts].sort((a, b) => a - b);
}

/** Elements made before each position that nodes from `end` on read. */
function heldUpTo(graph: Graph, end: number): number[] {
  const read = new Set(graph.nodes.slice(end).flatMap(({ inputs }) => inputs.map((input) => input?.name)));
  const sums = [0];
  for (const { outputs } of graph.nodes.slice(0, end)) {
    const made = outputs.filter(({ name }) => read.has(name)).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    sums.push((sums.at(-1) ?? 0) + made);
  }
  return sums;
}

/** Elements made before each position that nodes between it and `end` read. */
function crossingBefore(graph: Graph, end: number): number[] {
  const changes = new Array<number>(end + 1).fill(0);
  const made = new Map<string, { readonly value: Value; readonly at: number }>();
  const lastRead = new Map<string, number>();
  graph.nodes.slice(0, end).forEach(({ inputs, outputs }, at) => {
    for (const input of inputs) if (input) lastRead.set(input.name, at);
    for (const value of outputs) made.set(value.name, { value, at });
  });
  for (const [name, { value, at }] of made) {
    const last = lastRead.get(name) ?? at;
    changes[at + 1] = (changes[at + 1] ?? 0) + sizeOf(value.shape);
    changes[last + 1] = (changes[last + 1] ?? 0) - sizeOf(value.shape);
  }
  let now = 0;
  return changes.slice(0, end).map((change) => {
    now += change;
    return now;
  });
}
