import type { HostTensor } from './host-tensor.js';
import type { OnnxNode } from './onnx-file.js';

/** Operators that look at a tensor's shape only. */
const SHAPE_OPERATORS = new Set(['Shape', 'Size']);

export function readsShapeOnly({ op }: OnnxNode): boolean {
  return SHAPE_OPERATORS.has(op);
}

/** The inputs whose values matter: of CastLike's second only the type does. */
export function valueInputs({ op, inputs }: OnnxNode): readonly string[] {
  return op === 'CastLike' ? inputs.slice(0, 1) : inputs;
}

/** What the values of a graph are computed from. */
export interface Dependence {
  /** From the timestep, and not from the sample. */
  readonly time: ReadonlySet<string>;
  /** From the sample. */
  readonly data: ReadonlySet<string>;
  /** Nodes that the output needs, in order. */
  readonly nodes: readonly OnnxNode[];
  /** Value → node that makes it. */
  readonly makers: ReadonlyMap<string, OnnxNode>;
}

/** Sorts the values that `output` needs; what is neither of the timestep nor of the sample is constant for a batch. */
export function dependence(
  nodes: readonly OnnxNode[],
  known: ReadonlyMap<string, HostTensor>,
  names: { readonly sample: string; readonly timestep: string; readonly output: string },
): Dependence {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const needed = neededBy([names.output], makers, known);
  const ordered = nodes.filter((node) => needed.has(node));
  const [time, data] = [new Set([names.timestep]), new Set([names.sample])];
  for (const node of ordered) {
    if (readsShapeOnly(node)) continue;
    const inputs = valueInputs(node);
    const target = inputs.some((name) => data.has(name)) ? data : inputs.some((name) => time.has(name)) ? time : null;
    for (const output of node.outputs) target?.add(output);
  }
  return { time, data, nodes: ordered, makers };
}

function neededBy(
  targets: readonly string[],
  makers: ReadonlyMap<string, OnnxNode>,
  known: ReadonlyMap<string, HostTensor>,
): Set<OnnxNode> {
  const needed = new Set<OnnxNode>();
  const left = [...targets];
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const node = known.has(name) ? undefined : makers.get(name);
    if (!node || needed.has(node)) continue;
    needed.add(node);
    left.push(...node.inputs);
  }
  return needed;
}
