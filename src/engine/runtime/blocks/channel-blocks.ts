import type { Attributes, Graph, Node, Value } from '../../graph/graph.js';
import { int64Tensor, type Tensor } from '../../graph/tensor.js';
import { blockedFilter, filled, filledBias } from './filter.js';
import { withSums } from './sums.js';

/** Where ONNX Runtime keeps the CPU's operators on blocks of channels, which its own layout pass inserts. */
export const BLOCKS_DOMAIN = 'com.microsoft.nchwc';

/** Of images of one shape, and scalars: the order of the elements does not matter to them. */
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Sigmoid', 'Silu', 'Tanh', 'Relu', 'Exp', 'Identity']);

/**
 * The same graph with its images `[N,C,H,W]` in blocks of `block` channels, in memory `[N,C/block,H,W,block]`, from one convolution to
 * the next. ONNX Runtime convolves in this order, and puts images into it and back around each convolution, as it knows neither
 * normalisation nor its gradient in it. Here all that lies between stays in it: means of channels are its average pooling, affine
 * maps its convolution of single channels, and sums are part of what made one of their operands.
 */
export function withChannelBlocks(graph: Graph, block: number): Graph {
  return new Blocking(graph, block).result();
}

/** The end of a group normalisation is an affine map, once its gradient is recorded. */
function asAffine(node: Node): Node {
  return node.op === 'GroupNormAffine' ? { ...node, op: 'SampleAffine', inputs: node.inputs.slice(0, 3) } : node;
}

class Blocking {
  private readonly nodes: Node[] = [];
  private readonly constants: Map<string, Tensor>;
  /** What holds a value in blocks, by its name. */
  private readonly blocked = new Map<string, Value>();
  /** Names of values that nodes so far have made in blocks alone. */
  private readonly blockedOnly = new Set<string>();
  private count = 0;

  constructor(
    private readonly graph: Graph,
    private readonly block: number,
  ) {
    this.constants = new Map(graph.constants);
  }

  result(): Graph {
    const nodes = this.graph.nodes.map(asAffine);
    const graph = withSums({ ...this.graph, nodes }, (node) => this.takesBlocks(node));
    for (const [name, tensor] of graph.constants) this.constants.set(name, tensor);
    for (const node of graph.nodes) if (!this.inBlocks(node)) this.keep(node);
    for (const output of Object.values(graph.outputs)) this.inOrder(output);
    const read = new Set(this.nodes.flatMap(({ inputs }) => inputs.map((input) => input?.name)));
    const constants = new Map([...this.constants].filter(([name]) => read.has(name)));
    return { ...graph, nodes: this.nodes, constants };
  }

  /** Whether the channels of an image fill blocks. */
  private fits({ shape, dtype }: Value): boolean {
    return shape.length === 4 && dtype === 'float32' && (shape[1] ?? 0) % this.block === 0;
  }

  /** A convolution of constant weights into full blocks, or an affine map of them: what a sum can be part of. */
  private takesBlocks({ op, domain, inputs, outputs }: Node): boolean {
    if (domain !== undefined || !this.fits(outputs[0] as Value)) return false;
    if (op !== 'Conv') return op === 'SampleAffine';
    const channels = inputs[1]?.shape[1] ?? 0;
    return this.graph.constants.has(inputs[1]?.name ?? '') && (channels < this.block || channels % this.block === 0);
  }

  /** Emits the node in blocks; false if it is not one for them. */
  private inBlocks(node: Node): boolean {
    if (node.domain !== undefined) return false;
    if (node.op === 'Conv') return this.takesBlocks(node) ? this.convolution(node) : this.lastConvolution(node);
    if (node.op === 'SampleAffine') return this.takesBlocks(node) && this.affine(node);
    if (node.op === 'ChannelMoments') return this.moments(node);
    if (node.op === 'ReduceMean') return this.channelMeans(node);
    if (node.op === 'Concat' || node.op === 'Split') return this.channels(node);
    return ELEMENTWISE.has(node.op) && this.elementwise(node);
  }

  private keep(node: Node): void {
    for (const input of node.inputs) if (input) this.inOrder(input);
    this.nodes.push(node);
  }

  private convolution(node: Node): true {
    const [x, weight, bias = null, sum = null] = node.inputs as [Value, Value, Value?, Value?];
    const input = (x.shape[1] ?? 0) < this.block ? this.inOrder(x) : this.inBlock(x);
    const operands = [input, this.filter(weight), bias && this.inOrder(bias), sum && this.inBlock(sum)];
    this.convolve(operands, this.made(node.outputs[0] as Value), node.attributes);
    return true;
  }

  /** Into fewer channels than fill blocks: the image that a UNet gives. */
  private lastConvolution(node: Node): boolean {
    const [x, weight, bias = null] = node.inputs as [Value, Value, Value?];
    const kernel = this.graph.constants.get(weight.name);
    const offsets = bias && this.graph.constants.get(bias.name);
    if (!kernel || !this.fits(x) || (bias && !offsets)) return false;
    const output = node.outputs[0] as Value;
    const [n, o = 1, ...pixels] = output.shape as [number, number, ...number[]];
    const wide = this.value('filled', [n, filled(o, this.block), ...pixels]);
    const own = offsets ? this.constant(filledBias(offsets, this.block), `${bias?.name}_filled`) : null;
    this.convolve([this.inBlock(x), this.filter(weight), own], wide, node.attributes);
    this.push('ReorderOutput', [wide], output, { channels: o }, BLOCKS_DOMAIN);
    return true;
  }

  private convolve(operands: readonly (Value | null)[], output: Value, attributes: Attributes): void {
    const inputs = [...operands];
    while (inputs.at(-1) === null) inputs.pop();
    this.push('Conv', inputs, output, { group: 1, dilations: [1, 1], ...attributes }, BLOCKS_DOMAIN);
  }

  /** As a convolution of single channels, in which each of each sample is a channel. */
  private affine(node: Node): true {
    const [x, scale, bias = null, sum = null] = node.inputs as [Value, Value, Value?, Value?];
    const [n, c, h, w] = x.shape as [number, number, number, number];
    const single = (image: Value) => this.reshape(this.inBlock(image), [1, n * c, h, w]);
    const operands = [
      single(x),
      this.reshape(this.inOrder(scale), [n * c, 1, 1, 1]),
      bias && this.reshape(this.inOrder(bias), [n * c]),
      sum && single(sum),
    ];
    const output = this.made(node.outputs[0] as Value);
    const flat = n === 1 ? output : this.value('affine', [1, n * c, h, w]);
    this.convolve(operands, flat, { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], group: n * c });
    if (flat !== output) this.push('Reshape', [flat, this.shape(output.shape)], output);
    return true;
  }

  private moments(node: Node): boolean {
    const [x, y] = node.inputs as [Value, Value];
    if (!this.fits(x)) return false;
    const [first, second] = [this.inBlock(x), this.inBlock(y)];
    const product = this.value('product', x.shape);
    this.push('Mul', [first, second], product);
    this.push('Concat', [this.pooled(first), this.pooled(product)], node.outputs[0] as Value, { axis: 0 });
    return true;
  }

  private channelMeans(node: Node): boolean {
    const [x, axes] = node.inputs as [Value, Value];
    const areThosePixels = [...(this.constants.get(axes.name)?.data ?? [])].join() === '2,3';
    if (!areThosePixels || node.attributes['keepdims'] === 0 || !this.blocked.has(x.name)) return false;
    this.pooled(this.inBlock(x), node.outputs[0]);
    return true;
  }

  /** Means over the pixels of a blocked image, `[N,C,1,1]`: of each row first, so that few numbers are added up in turn. */
  private pooled(image: Value, output = this.value('mean', [...image.shape.slice(0, 2), 1, 1])): Value {
    this.push('GlobalAveragePool', [image], output, {}, BLOCKS_DOMAIN);
    return output;
  }

  /** Images one after the other, or parts of one: whole blocks of them. */
  private channels(node: Node): boolean {
    const isConcat = node.op === 'Concat';
    const images = (isConcat ? node.inputs : node.outputs) as readonly Value[];
    const isAny = node.inputs.some((input) => input && this.blocked.has(input.name));
    if (!isAny || node.attributes['axis'] !== 1 || !images.every((image) => this.fits(image))) return false;
    const [first, ...others] = node.inputs as [Value, ...Value[]];
    const inputs = [this.inBlock(first), ...others.map((input) => (isConcat ? this.inBlock(input) : input))];
    this.nodes.push({ ...node, inputs, outputs: node.outputs.map((output) => this.made(output)) });
    return true;
  }

  private elementwise(node: Node): boolean {
    const output = node.outputs[0] as Value;
    const inputs = node.inputs as readonly Value[];
    const isImage = ({ shape }: Value) => shape.join() === output.shape.join();
    const isScalar = ({ shape }: Value) => shape.every((extent) => extent === 1);
    const isAny = inputs.some(({ name }) => this.blocked.has(name));
    if (!isAny || !this.fits(output) || !inputs.every((input) => isImage(input) || isScalar(input))) return false;
    const operands = inputs.map((input) => (isImage(input) ? this.inBlock(input) : this.inOrder(input)));
    this.nodes.push({ ...node, inputs: operands, outputs: [this.made(output)] });
    return true;
  }

  /** `value` in blocks. */
  private inBlock(value: Value): Value {
    const known = this.blocked.get(value.name);
    if (known) return known;
    const made = this.value(`${value.name}_blocks`, value.shape);
    this.push('ReorderInput', [value], made, {}, BLOCKS_DOMAIN);
    this.blocked.set(value.name, made);
    return made;
  }

  /** `value` in ONNX's order. */
  private inOrder(value: Value): Value {
    if (!this.blockedOnly.delete(value.name)) return value;
    this.push('ReorderOutput', [this.inBlock(value)], value, { channels: value.shape[1] ?? 1 }, BLOCKS_DOMAIN);
    return value;
  }

  /** What holds `output` in blocks, as a node makes it. */
  private made(output: Value): Value {
    const made = this.value(`${output.name}_blocks`, output.shape);
    this.blocked.set(output.name, made);
    this.blockedOnly.add(output.name);
    return made;
  }

  private filter(weight: Value): Value {
    const name = `${weight.name}_filter`;
    const kernel = this.constants.get(weight.name) as Tensor;
    return this.constant(this.constants.get(name) ?? blockedFilter(kernel, this.block), name);
  }

  private reshape(value: Value, shape: readonly number[]): Value {
    if (value.shape.join() === shape.join()) return value;
    const output = this.value('view', shape);
    this.push('Reshape', [value, this.shape(shape)], output);
    return output;
  }

  private shape(extents: readonly number[]): Value {
    return this.constant(int64Tensor(extents), `shape_${extents.join('_')}`);
  }

  private constant(tensor: Tensor, name: string): Value {
    this.constants.set(name, tensor);
    return { name, shape: tensor.shape, dtype: tensor.dtype };
  }

  private value(hint: string, shape: readonly number[]): Value {
    this.count += 1;
    return { name: `${hint}_${this.count}`, shape, dtype: 'float32' };
  }

  private push(
    op: string,
    inputs: readonly (Value | null)[],
    output: Value,
    attributes: Attributes = {},
    domain?: string,
  ): void {
    this.nodes.push({ op, inputs, outputs: [output], attributes, ...(domain === undefined ? {} : { domain }) });
  }
}
