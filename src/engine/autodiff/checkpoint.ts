import type { Graph, Node, Value } from '../graph/graph.js';
import { floatTensor, int64Tensor, sizeOf, type Tensor } from '../graph/tensor.js';
import { cutsOf } from './cuts.js';

/**
 * Gradient checkpointing inside a graph (arXiv 1604.06174): its forward pass is divided into `segments`; of all but the last only
 * what later segments read is held, and the backward pass computes the rest of a segment again as it comes to it. What is
 * computed does not change by a bit. `graph` holds the forward pass and after it its VJP; `cotangents` are the inputs that only
 * the VJP reads.
 */
export function checkpointed(graph: Graph, cotangents: readonly string[], segments: number): Graph {
  return segments < 2 ? graph : new Checkpointing(graph, cotangents, segments).result();
}

/** Names of values that depend on the inputs named. */
function dependents(graph: Graph, names: readonly string[]): Set<string> {
  const found = new Set(names);
  for (const { inputs, outputs } of graph.nodes)
    if (inputs.some((input) => input && found.has(input.name))) for (const { name } of outputs) found.add(name);
  return found;
}

class Checkpointing {
  private readonly backward: ReadonlySet<string>;
  private readonly producers = new Map<string, Node>();
  /** Of values that neither are given nor depend on a cotangent; those made of constants alone have none. */
  private readonly segmentOf = new Map<string, number>();
  /** What the forward pass makes. */
  private readonly forward = new Set<string>();
  private readonly held = new Set<string>();
  private readonly nodes: Node[] = [];
  private readonly constants: Map<string, Tensor>;
  /** By segment, what stands for its values in the backward pass. */
  private readonly again = new Map<number, Map<string, Value>>();
  /** By segment, a zero that is not known before the backward pass comes to it. */
  private readonly zeros = new Map<number, Value>();
  /** What the backward pass made last. */
  private latest: Value | null = null;
  private count = 0;

  constructor(
    private readonly graph: Graph,
    cotangents: readonly string[],
    private segments: number,
  ) {
    this.backward = dependents(graph, cotangents);
    this.constants = new Map(graph.constants);
    for (const node of graph.nodes) for (const { name } of node.outputs) this.producers.set(name, node);
  }

  result(): Graph {
    const { graph, backward } = this;
    const isBackward = ({ inputs }: Node) => inputs.some((input) => input && backward.has(input.name));
    const start = graph.nodes.findIndex(isBackward);
    if (start < 0) return graph;
    this.divide(start);
    const published = this.publishedFrom(start);
    graph.nodes.forEach((node, at) => {
      if (at < start || published.has(node)) this.nodes.push(node);
      // What only the backward pass reads of an earlier segment is made as it is read.
      else if (isBackward(node) || this.isLast(node)) this.pullBack(node);
    });
    return { ...graph, nodes: this.nodes, constants: this.constants };
  }

  /** Nodes from `start` on that outputs of the graph need beside the VJP. */
  private publishedFrom(start: number): Set<Node> {
    const outputs = Object.values(this.graph.outputs).map(({ name }) => name);
    const needed = new Set(outputs.filter((name) => !this.backward.has(name)));
    const found = new Set<Node>();
    for (const node of this.graph.nodes.slice(start).reverse()) {
      if (!node.outputs.some(({ name }) => needed.has(name))) continue;
      found.add(node);
      for (const input of node.inputs) if (input) needed.add(input.name);
    }
    return found;
  }

  /** Gives each value of the forward pass, the first `end` nodes, its segment, and finds those that are held. */
  private divide(end: number): void {
    const cuts = cutsOf(this.graph, end, this.segments);
    this.segments = cuts.length + 1;
    const given = new Set(this.graph.inputs.map(({ name }) => name));
    this.graph.nodes.forEach(({ inputs, outputs }, at) => {
      if (outputs.some(({ name }) => this.backward.has(name))) return;
      const reads = inputs.flatMap((input) => this.segmentOf.get(input?.name ?? '') ?? []);
      const isStatic = reads.length === 0 && !inputs.some((input) => input && given.has(input.name));
      if (isStatic) return;
      const segment = at < end ? cuts.filter((cut) => cut <= at).length : Math.max(0, ...reads);
      for (const { name } of outputs) this.segmentOf.set(name, segment);
      if (at >= end) return;
      for (const { name } of outputs) this.forward.add(name);
      for (const input of inputs)
        if (input && (this.segmentOf.get(input.name) ?? segment) < segment) this.held.add(input.name);
    });
  }

  private isLast({ outputs }: Node): boolean {
    const segment = this.segmentOf.get(outputs[0]?.name ?? '');
    return segment === undefined || segment === this.segments - 1;
  }

  private pullBack(node: Node): void {
    const inputs = node.inputs.map((input) => input && this.inBackward(input));
    this.nodes.push({ ...node, inputs });
    this.latest = node.outputs.find(({ name, dtype }) => dtype === 'float32' && this.backward.has(name)) ?? this.latest;
  }

  /** What a node of the backward pass reads in the place of `value`. */
  private inBackward(value: Value): Value {
    const segment = this.segmentOf.get(value.name);
    if (segment === undefined || segment === this.segments - 1 || this.held.has(value.name)) return value;
    return this.recomputed(value, segment);
  }

  /** `value` of `segment`, computed again from what is held. */
  private recomputed(value: Value, segment: number): Value {
    const known = this.again.get(segment) ?? new Map<string, Value>();
    this.again.set(segment, known);
    const made = known.get(value.name);
    if (made) return made;
    const producer = this.producers.get(value.name) as Node;
    const inputs = producer.inputs.map((input) => input && this.operand(input, segment, known));
    const outputs = producer.outputs.map((output) => ({ ...output, name: `${output.name}_again` }));
    producer.outputs.forEach(({ name }, at) => {
      known.set(name, outputs[at] as Value);
    });
    this.nodes.push({ ...producer, inputs, outputs });
    return known.get(value.name) as Value;
  }

  private operand(value: Value, segment: number, known: Map<string, Value>): Value {
    const own = this.segmentOf.get(value.name);
    const isGiven = this.graph.inputs.some(({ name }) => name === value.name);
    if ((own === undefined && !isGiven) || value.dtype !== 'float32') return value;
    const isMade = own !== undefined && !this.held.has(value.name);
    if (isMade && (own === segment || !this.forward.has(value.name))) return this.recomputed(value, own);
    const late = known.get(value.name) ?? this.apply('Add', [value, this.zeroOf(segment)], value.shape);
    known.set(value.name, late);
    return late;
  }

  /**
   * Added to what a segment is computed from again: without it nothing keeps the runtime from doing that right after the forward
   * pass, or from seeing that it has been done. Not a zero where that cotangent is not finite, whose gradient is not either.
   */
  private zeroOf(segment: number): Value {
    const known = this.zeros.get(segment);
    if (known) return known;
    const latest = this.latest ?? (this.graph.inputs.find(({ name }) => this.backward.has(name)) as Value);
    const ints = (...values: number[]) => this.constant(int64Tensor(values));
    const flat = this.apply('Reshape', [latest, ints(sizeOf(latest.shape))], [sizeOf(latest.shape)]);
    const first = this.apply('Slice', [flat, ints(0), ints(1), ints(0), ints(1)], [1]);
    const zero = this.apply('Mul', [first, this.constant(floatTensor([1]))], [1]);
    this.zeros.set(segment, zero);
    return zero;
  }

  private apply(op: string, inputs: readonly Value[], shape: readonly number[]): Value {
    const output: Value = { name: this.fresh(), shape, dtype: 'float32' };
    this.nodes.push({ op, inputs, outputs: [output], attributes: {} });
    return output;
  }

  private constant(tensor: Tensor): Value {
    const value: Value = { name: this.fresh(), shape: tensor.shape, dtype: tensor.dtype };
    this.constants.set(value.name, tensor);
    return value;
  }

  private fresh(): string {
    this.count += 1;
    return `checkpoint_${this.count}`;
  }
}
