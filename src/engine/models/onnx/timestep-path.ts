import { type FloatTensor, floatTensor } from '../../graph/tensor.js';
import type { Dependence } from './dependence.js';
import { dominatorChain, dominators } from './dominators.js';
import { foldNode } from './fold/fold.js';
import { computed, type HostTensor } from './host-tensor.js';
import { nodeError, type OnnxInput, type OnnxNode } from './onnx-file.js';

const SINK = '\0all';

/**
 * The time embedding: the last value made by a linear layer from the timestep alone, and through which all of the timestep's
 * influence passes (the last value of any kind if there is no such layer); `null` if the timestep has no influence.
 */
export function timeEmbedding({ time, data, nodes, makers }: Dependence, timestep: string): string | null {
  const readers = nodes.filter(({ outputs }) => outputs.some((name) => data.has(name)));
  const frontier = [...new Set(readers.flatMap(({ inputs }) => inputs.filter((name) => time.has(name))))];
  const order = [timestep, ...nodes.flatMap(({ outputs }) => outputs.filter((name) => time.has(name)))];
  const sources = (name: string) => makers.get(name)?.inputs.filter((input) => time.has(input)) ?? [];
  const parents = dominators(timestep, [...order, SINK], (name) => (name === SINK ? frontier : sources(name)));
  const chain = dominatorChain(parents, SINK).slice(0, -1);
  return chain.findLast((name) => isLinear(name, makers)) ?? chain.at(-1) ?? null;
}

function isLinear(name: string, makers: ReadonlyMap<string, OnnxNode>): boolean {
  const node = makers.get(name);
  if (node?.op === 'Add') return node.inputs.some((input) => makers.get(input)?.op === 'MatMul');
  return node?.op === 'Gemm' || node?.op === 'MatMul';
}

/** The timestep input, filled with one timestep. */
export function timestepTensor({ isFloat, shape }: OnnxInput, batch: number, timestep: number): HostTensor {
  return computed(
    isFloat ? 'float32' : 'int64',
    shape.map((extent) => extent ?? batch),
    () => timestep,
  );
}

/** Computes the time embedding of a timestep in JavaScript, in float32 with products summed in float64. */
export class TimestepPath {
  private readonly nodes: readonly OnnxNode[];

  constructor(
    private readonly where: string,
    { time, nodes }: Dependence,
    private readonly input: OnnxInput,
    private readonly embedding: string,
    private readonly batch: number,
    /** Constants, and what depends on shapes only. */
    private readonly constant: (name: string) => HostTensor | null,
  ) {
    const wanted = new Set([embedding]);
    for (const node of [...nodes].reverse()) {
      if (!node.outputs.some((name) => wanted.has(name) && time.has(name))) continue;
      for (const name of node.inputs) wanted.add(name);
    }
    this.nodes = nodes.filter((node) => node.outputs.some((name) => wanted.has(name) && time.has(name)));
  }

  /** `[1, width]`: the first row, which all are equal to. Throws MODEL_INVALID. */
  features(timestep: number, width: number): FloatTensor {
    const known = new Map([[this.input.name, timestepTensor(this.input, this.batch, timestep)]]);
    for (const node of this.nodes) {
      const inputs = node.inputs.map((name) => known.get(name) ?? this.constant(name));
      try {
        foldNode(node, inputs).forEach((tensor, at) => {
          known.set(node.outputs[at] ?? '', tensor);
        });
      } catch (cause) {
        throw nodeError(this.where, node, cause);
      }
    }
    const made = known.get(this.embedding);
    return floatTensor([1, width], Float32Array.from(made?.data.subarray(0, width) ?? []));
  }
}
