import type { Value } from '../../graph/graph.js';
import { floatTensor } from '../../graph/tensor.js';
import { Tape } from '../../ops/tape.js';
import { type BatchPair, batchAxis } from './batch.js';
import { type Dependence, readsShapeOnly, valueInputs } from './dependence.js';
import { castTo } from './fold/elementwise.js';
import { canFold, foldNode } from './fold/fold.js';
import { type HostTensor, intList, isFloat, toFloat32 } from './host-tensor.js';
import { MAPPINGS } from './map/mappings.js';
import { type Operand, Site } from './map/site.js';
import { nodeError, type OnnxFile, type OnnxNode } from './onnx-file.js';

type Shapes = ReadonlyMap<string, readonly number[]>;

/** What is known of a graph for one batch without running it. */
export interface Survey {
  /** Values that depend on shapes only, and on a timestep before the cut. */
  readonly hosts: ReadonlyMap<string, HostTensor>;
  readonly shapes: Shapes;
  /** What each value was recorded as: those with the same name are the same tensor. */
  readonly recorded: ReadonlyMap<string, string>;
}

/** Where a recording starts: values by name, and constants of the batch. */
interface Start {
  readonly tape: Tape;
  readonly batch: BatchPair;
  readonly operands: Map<string, Operand>;
  readonly reference: Shapes | null;
  readonly lift: (name: string, tensor: HostTensor) => Value;
}

/** Folds and records the nodes of one file. */
export class Recorder {
  private readonly lifted = new WeakMap<Tape, Map<string, Value>>();
  private readonly constants: ReadonlyMap<string, HostTensor>;
  private readonly nodes: readonly OnnxNode[];

  constructor(
    private readonly file: OnnxFile,
    { nodes }: Dependence,
    /** Batch of the export. */
    private readonly native: number,
  ) {
    this.constants = this.foldConstants(nodes);
    this.nodes = nodes.filter(({ outputs }) => !outputs.every((name) => name === '' || this.constants.has(name)));
  }

  /** Numbers in the weights that the output needs. */
  weights(): { count: number; parameters: number; unused: string[] } {
    const read = new Set(this.nodes.flatMap(({ inputs }) => inputs));
    for (const { inputs } of this.file.nodes)
      if (inputs.some((name) => this.constants.has(name))) for (const name of inputs) read.add(name);
    const all = [...this.file.initializers];
    const used = all.filter(([name, tensor]) => read.has(name) && isFloat(tensor));
    return {
      count: used.length,
      parameters: used.reduce((sum, [, { data }]) => sum + data.length, 0),
      unused: all.filter(([name]) => !read.has(name)).map(([name]) => name),
    };
  }

  private foldConstants(nodes: readonly OnnxNode[]): Map<string, HostTensor> {
    const known = new Map(this.file.initializers);
    for (const node of nodes) {
      if (readsShapeOnly(node) || !canFold(node.op)) continue;
      const inputs = node.inputs.map((name) => (name === '' ? null : known.get(name)));
      if (inputs.includes(undefined)) continue;
      this.fold(node, inputs as (HostTensor | null)[]).forEach((tensor, at) => {
        known.set(node.outputs[at] ?? '', tensor);
      });
    }
    return known;
  }

  private fold(node: OnnxNode, inputs: readonly (HostTensor | null)[]): HostTensor[] {
    try {
      return foldNode(node, inputs);
    } catch (cause) {
      throw nodeError(this.file.where, node, cause);
    }
  }

  /**
   * Goes through the graph for a batch of `now` from the inputs `given` without keeping what it records. `host` values are
   * computed on the way; whatever `cut` names becomes an input once it is known. Checks that samples stay apart.
   */
  survey(
    now: number,
    reference: Shapes | null,
    given: ReadonlyMap<string, Operand>,
    cut: { name: string; open: (tensor: HostTensor) => Value },
    tape: Tape,
  ): Survey {
    const start: Start = {
      tape,
      batch: { native: this.native, now },
      operands: new Map(given),
      reference,
      lift: (name, tensor) => this.lift(tape, name, reference ? tensor : finite(name, tensor)),
    };
    const hosts = new Map<string, HostTensor>();
    for (const node of this.nodes) {
      const made = this.step(node, start, true);
      made.forEach((operand, at) => {
        const name = node.outputs[at] ?? '';
        if (name === '') return;
        const opened = name === cut.name && 'host' in operand ? { value: cut.open(operand.host) } : operand;
        start.operands.set(name, opened);
        if ('host' in operand) hosts.set(name, operand.host);
      });
      if (reference) this.checkSamples(node, start, reference);
    }
    const shapes = new Map([...start.operands].map(([name, operand]) => [name, shapeOf(operand)]));
    hosts.delete(cut.name);
    const recorded = new Map<string, string>();
    for (const [name, operand] of start.operands) if ('value' in operand) recorded.set(name, operand.value.name);
    return { hosts, shapes, recorded };
  }

  /** Records what `targets` need, from `given` values; of a batch that was surveyed. */
  record(
    tape: Tape,
    now: number,
    survey: Survey,
    reference: Shapes,
    given: ReadonlyMap<string, Value>,
    targets: readonly string[],
  ): Map<string, Value> {
    const operands = new Map<string, Operand>();
    for (const [name, host] of survey.hosts) operands.set(name, { host });
    for (const [name, value] of given) operands.set(name, { value });
    const lift = (name: string, tensor: HostTensor) => this.lift(tape, name, tensor);
    const start: Start = { tape, batch: { native: this.native, now }, operands, reference, lift };
    for (const node of this.needed(targets, operands)) {
      this.step(node, start, false).forEach((operand, at) => {
        operands.set(node.outputs[at] ?? '', operand);
      });
    }
    return new Map(
      targets.map((name) => {
        const operand = operands.get(name) ?? this.known(name);
        if (!operand) throw new RangeError(`${name} is not part of the graph`);
        return [name, 'value' in operand ? operand.value : lift(name, operand.host)];
      }),
    );
  }

  private needed(targets: readonly string[], known: ReadonlyMap<string, Operand>): OnnxNode[] {
    const wanted = new Set(targets);
    const nodes: OnnxNode[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some((name) => wanted.has(name) && !known.has(name))) continue;
      nodes.push(node);
      for (const name of node.inputs) wanted.add(name);
    }
    return nodes.reverse();
  }

  private known(name: string): Operand | null {
    const host = this.constant(name);
    return host ? { host } : null;
  }

  /** One node: folded where all operands are known, recorded elsewhere. */
  private step(node: OnnxNode, start: Start, folding: boolean): Operand[] {
    const operands = node.inputs.map((name) => (name === '' ? null : (start.operands.get(name) ?? this.known(name))));
    try {
      const [first] = operands;
      if (readsShapeOnly(node) && first) return [{ host: shapeResult(node, shapeOf(first)) }];
      const hosts = operands.map((operand) => (operand && 'host' in operand ? operand.host : null));
      const constant = operands.every((operand) => operand === null || 'host' in operand);
      // What is recorded is float32.
      if (node.op === 'CastLike' && hosts[0] && !hosts[1]) return [{ host: castTo(hosts[0], 'float32') }];
      if (folding && constant && canFold(node.op)) return foldNode(node, hosts).map((host) => ({ host }));
      return this.map(node, operands, start).map((value) => ({ value }));
    } catch (cause) {
      throw nodeError(this.file.where, node, cause);
    }
  }

  private map(node: OnnxNode, operands: readonly (Operand | null)[], start: Start): Value[] {
    const mapping = MAPPINGS.get(node.op);
    if (!mapping) throw new RangeError('this operator is not built; docs/models.md lists those that are');
    const site = new Site({ ...start, node, opset: this.file.opset, operands });
    const made = mapping(site);
    return Array.isArray(made) ? made : [made];
  }

  /** A weight, or what was computed from weights alone. */
  constant(name: string): HostTensor | null {
    return this.constants.get(name) ?? null;
  }

  private lift(tape: Tape, name: string, tensor: HostTensor): Value {
    if (!isFloat(tensor)) throw new RangeError(`${name}: expected floating point, got integers`);
    if (tensor.shape.length === 0) return tape.scalar(Math.fround(tensor.data[0] ?? 0));
    const known = this.lifted.get(tape) ?? new Map<string, Value>();
    this.lifted.set(tape, known);
    const value = known.get(name) ?? tape.constant(floatTensor(tensor.shape, toFloat32(tensor)), name);
    known.set(name, value);
    return value;
  }

  private checkSamples(node: OnnxNode, { operands, batch }: Start, reference: Shapes): void {
    const axisOf = (name: string) => {
      const operand = operands.get(name);
      const native = reference.get(name);
      return operand && native && 'value' in operand ? batchAxis(native, operand.value.shape, batch) : null;
    };
    try {
      const before = valueInputs(node).some((name) => axisOf(name) !== null);
      const after = node.outputs.filter((name) => operands.has(name)).map(axisOf);
      if (before && !readsShapeOnly(node) && after.includes(null))
        throw new RangeError('it mixes the samples of a batch');
    } catch (cause) {
      throw nodeError(this.file.where, node, cause);
    }
  }
}

function finite(name: string, tensor: HostTensor): HostTensor {
  if (tensor.data.every(Number.isFinite)) return tensor;
  throw new RangeError(`operand ${name} holds values that are not finite`);
}

function shapeOf(operand: Operand): readonly number[] {
  return 'host' in operand ? operand.host.shape : operand.value.shape;
}

function shapeResult({ op, attributes }: OnnxNode, shape: readonly number[]): HostTensor {
  if (op === 'Size') return { ...intList([shape.reduce((product, extent) => product * extent, 1)]), shape: [] };
  const end = attributes.number('end', shape.length);
  return intList(shape.slice(attributes.number('start', 0), end));
}
