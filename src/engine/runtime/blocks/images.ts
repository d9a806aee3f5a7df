import type { Attributes, Node, Value } from '../../graph/graph.js';
import { int64Tensor, lazyTensor, type Tensor } from '../../graph/tensor.js';
import { blockedFilter, singleFilter } from './filter.js';

/** Where ONNX Runtime keeps the CPU's operators on blocks of channels, which its own layout pass inserts. */
export const BLOCKS_DOMAIN = 'com.microsoft.nchwc';

/**
 * A graph as it is put into blocks: its nodes so far, and in which order images lie. A value in blocks has another name and the same
 * shape `[N,C,H,W]`; in memory it is `[N,C/block,H,W,block]`.
 */
export class BlockedImages {
  readonly nodes: Node[] = [];
  readonly constants: Map<string, Tensor>;
  private readonly blocked = new Map<string, Value>();
  /** Names of values that are there in blocks alone. */
  private readonly blockedOnly = new Set<string>();
  private count = 0;

  constructor(
    constants: ReadonlyMap<string, Tensor>,
    readonly block: number,
  ) {
    this.constants = new Map(constants);
  }

  /** Whether the channels of an image fill blocks. */
  fits({ shape, dtype }: Value): boolean {
    return shape.length === 4 && dtype === 'float32' && (shape[1] ?? 0) % this.block === 0;
  }

  isBlocked({ name }: Value): boolean {
    return this.blocked.has(name);
  }

  /** `value` in blocks. */
  inBlocks(value: Value): Value {
    const known = this.blocked.get(value.name);
    if (known) return known;
    const made = this.value(value.name, value.shape);
    this.push('ReorderInput', [value], made, {}, BLOCKS_DOMAIN);
    this.blocked.set(value.name, made);
    return made;
  }

  /** `value` in ONNX's order. */
  inOrder(value: Value): Value {
    if (!this.blockedOnly.delete(value.name)) return value;
    this.reorder(this.inBlocks(value), value);
    return value;
  }

  /** What holds `output` in blocks, as a node makes it. */
  made(output: Value): Value {
    const made = this.value(output.name, output.shape);
    this.blocked.set(output.name, made);
    this.blockedOnly.add(output.name);
    return made;
  }

  /** A blocked image into `output`, in ONNX's order: as many of its channels as that has. */
  reorder(image: Value, output: Value): void {
    this.push('ReorderOutput', [image], output, { channels: output.shape[1] ?? 1 }, BLOCKS_DOMAIN);
  }

  /** Of `[x, filter, bias or null, summand or null]`, all but the bias in blocks. */
  convolve(operands: readonly (Value | null)[], output: Value, attributes: Attributes): void {
    const inputs = [...operands];
    while (inputs.at(-1) === null) inputs.pop();
    this.push('Conv', inputs, output, { group: 1, dilations: [1, 1], ...attributes }, BLOCKS_DOMAIN);
  }

  /** Means over the pixels of a blocked image, `[N,C,1,1]`, which is one order as the other. */
  pooled(image: Value, output = this.value('mean', [...image.shape.slice(0, 2), 1, 1])): Value {
    this.push('GlobalAveragePool', [image], output, {}, BLOCKS_DOMAIN);
    return output;
  }

  /** A constant weight `[O,C,kh,kw]`, or what `change` makes of it, in the order that convolutions read. */
  filter(weight: Value, change: (kernel: Tensor) => Tensor = (kernel) => kernel, hint = 'filter'): Value {
    const name = `${weight.name}_${hint}`;
    const known = this.constants.get(name);
    return this.constant(known ?? blockedFilter(change(this.constants.get(weight.name) as Tensor), this.block), name);
  }

  /** Of two values in one order. */
  combined(op: 'Add' | 'Sub' | 'Mul', a: Value, b: Value): Value {
    const made = this.value(op, a.shape);
    this.push(op, [a, b], made);
    return made;
  }

  /** factor·x + summand + offset. */
  weighted(x: Value, factor: number, summand: Value, offset = 0): Value {
    const channels = x.shape[1] ?? 1;
    const made = this.value('weighted', x.shape);
    const filter = this.constant(singleFilter([factor], channels, this.block), `times_${factor}_${channels}`);
    const bias = lazyTensor([channels], () => new Float32Array(channels).fill(offset));
    const offsets = offset === 0 ? null : this.constant(bias, `plus_${offset}_${channels}`);
    this.convolve([x, filter, offsets, summand], made, {
      kernel_shape: [1, 1],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      group: channels,
    });
    return made;
  }

  reshape(value: Value, shape: readonly number[]): Value {
    if (value.shape.join() === shape.join()) return value;
    const output = this.value('view', shape);
    this.push('Reshape', [value, this.extents(shape)], output);
    return output;
  }

  extents(shape: readonly number[]): Value {
    return this.constant(int64Tensor(shape), `extents_${shape.join('_')}`);
  }

  constant(tensor: Tensor, name: string): Value {
    this.constants.set(name, tensor);
    return { name, shape: tensor.shape, dtype: tensor.dtype };
  }

  value(hint: string, shape: readonly number[]): Value {
    this.count += 1;
    return { name: `blocks_${hint}_${this.count}`, shape, dtype: 'float32' };
  }

  push(
    op: string,
    inputs: readonly (Value | null)[],
    output: Value,
    attributes: Attributes = {},
    domain?: string,
  ): void {
    this.nodes.push({ op, inputs, outputs: [output], attributes, ...(domain === undefined ? {} : { domain }) });
  }
}
