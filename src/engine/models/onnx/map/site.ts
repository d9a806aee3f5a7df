import type { Value } from '../../../graph/graph.js';
import type { Tape } from '../../../ops/tape.js';
import { type BatchPair, batchAxis } from '../batch.js';
import { type HostTensor, isFloat } from '../host-tensor.js';
import type { NodeAttributes } from '../node-attributes.js';
import type { OnnxNode } from '../onnx-file.js';

/** An operand while recording: a constant of the file (or computed from some), or a value of the tape. */
export type Operand = { readonly host: HostTensor } | { readonly value: Value };

/** What a mapping sees of one node. */
export interface SiteOptions {
  readonly tape: Tape;
  readonly node: OnnxNode;
  readonly opset: number;
  readonly operands: readonly (Operand | null)[];
  /** Puts a constant on the tape, once for each name. */
  readonly lift: (name: string, tensor: HostTensor) => Value;
  readonly batch: BatchPair;
  /** Shapes in the export's own batch by name; `null` while they are being found. */
  readonly reference: ReadonlyMap<string, readonly number[]> | null;
}

/** One operator to be recorded: its operands as values or constants, its attributes, its shapes in the export's own batch. */
export class Site {
  constructor(private readonly options: SiteOptions) {}

  get tape(): Tape {
    return this.options.tape;
  }

  get attributes(): NodeAttributes {
    return this.options.node.attributes;
  }

  get opset(): number {
    return this.options.opset;
  }

  get batch(): BatchPair {
    return this.options.batch;
  }

  get operandCount(): number {
    return this.options.operands.length;
  }

  get outputCount(): number {
    return this.options.node.outputs.length;
  }

  optional(index: number): Value | null {
    const operand = this.options.operands[index];
    if (!operand) return null;
    return 'value' in operand ? operand.value : this.options.lift(this.options.node.inputs[index] ?? '', operand.host);
  }

  input(index: number): Value {
    const value = this.optional(index);
    if (!value) throw new RangeError(`operand ${index} is missing`);
    return value;
  }

  /** Operand `index` where it is a constant. */
  host(index: number): HostTensor | null {
    const operand = this.options.operands[index];
    return operand && 'host' in operand ? operand.host : null;
  }

  /** The single number of a constant operand, `null` where it is none. */
  scalar(index: number): number | null {
    const host = this.host(index);
    return host?.data.length === 1 ? (host.data[0] ?? 0) : null;
  }

  /** A list of integers: a constant operand, or an attribute. Throws RangeError if the operand depends on the sample. */
  list(index: number, attribute?: string): number[] | null {
    const operand = this.options.operands[index];
    if (!operand) {
      const listed = attribute === undefined ? null : this.attributes.ints(attribute);
      return listed && [...listed];
    }
    if ('value' in operand || isFloat(operand.host))
      throw new RangeError(`operand ${index} decides a shape and is not known before the sample is`);
    return Array.from(operand.host.data);
  }

  /** Shapes of an input and of an output in the export's own batch; `null` while that is what is recorded. */
  referenceInput(index: number): readonly number[] | null {
    return this.options.reference?.get(this.options.node.inputs[index] ?? '') ?? null;
  }

  referenceOutput(): readonly number[] | null {
    return this.options.reference?.get(this.options.node.outputs[0] ?? '') ?? null;
  }

  /** Throws RangeError if `axis` of operand `index` is the batch's: the operator would mix samples. */
  keepSamplesApart(index: number, axes: readonly number[]): void {
    const reference = this.referenceInput(index);
    const operand = this.options.operands[index];
    if (!reference || !operand || 'host' in operand) return;
    const found = batchAxis(reference, operand.value.shape, this.batch);
    if (found !== null && axes.includes(found)) throw new RangeError('it mixes the samples of a batch');
  }
}

export type Mapping = (site: Site) => Value | Value[];
