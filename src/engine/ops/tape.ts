import type { Attributes, Graph, Node, Value } from '../graph/graph.js';
import { type DType, floatTensor, int64Tensor, lazyTensor, scalar, sizeOf, type Tensor } from '../graph/tensor.js';
import { normaliseAxis } from './definition.js';
import { foldConstant } from './fold.js';
import { type OpName, opNamed } from './table.js';

/** Attributes of a two-dimensional convolution; pads are top, left, bottom, right. */
export interface ConvOptions {
  readonly strides?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
}

export interface GemmOptions {
  readonly alpha?: number;
  readonly beta?: number;
  readonly summand?: Value;
}

export type GroupNormOperands = Readonly<
  Record<'x' | 'slope' | 'offset' | 'lessMean' | 'variance' | 'weight' | 'bias' | 'means', Value>
>;

/**
 * Records operators with their static shapes; {@link Tape.graph} turns what the outputs need into a {@link Graph}.
 * Methods are named after ONNX's operators. Errors name the operator and its operands' shapes.
 */
export class Tape {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly constants = new Map<string, Tensor>();
  private readonly producers = new Map<string, Node>();
  private readonly pooled = new Map<string, Value>();
  private count = 0;

  /** A named input of the graph. */
  input(name: string, shape: readonly number[], dtype: DType = 'float32'): Value {
    if (this.inputs.some((input) => input.name === name))
      throw new RangeError(`the graph already has an input named ${name}`);
    const value: Value = { name, shape: [...shape], dtype };
    this.inputs.push(value);
    return value;
  }

  /** A tensor that is part of the graph (a frozen weight, a table). */
  constant(tensor: Tensor, hint = 'c'): Value {
    const value: Value = { name: this.fresh(hint), shape: tensor.shape, dtype: tensor.dtype };
    this.constants.set(value.name, tensor);
    return value;
  }

  /** A float32 scalar, one value for each number however often it is asked for. */
  scalar(value: number): Value {
    return this.pool(`f${value}`, () => scalar(value));
  }

  zeros(shape: readonly number[]): Value {
    return this.pool(`z${shape}`, () => floatTensor(shape));
  }

  ones(shape: readonly number[]): Value {
    return this.pool(`o${shape}`, () => lazyTensor(shape, () => new Float32Array(sizeOf(shape)).fill(1)));
  }

  /** Whether `value` is a constant of ones. */
  isOnes(value: Value): boolean {
    if (this.pooled.get(`o${value.shape}`) === value) return true;
    const tensor = this.constants.get(value.name);
    return tensor?.data instanceof Float32Array && tensor.data.every((element) => element === 1);
  }

  /** The numbers of a constant int64 value. */
  integersOf(value: Value): number[] {
    const tensor = this.constants.get(value.name);
    if (!(tensor?.data instanceof BigInt64Array)) throw new RangeError(`${value.name} is not an int64 constant`);
    return Array.from(tensor.data, Number);
  }

  /** The node that makes `value`; undefined for inputs and constants. */
  producerOf(value: Value): Node | undefined {
    return this.producers.get(value.name);
  }

  /** Records one operator with all of its outputs. */
  apply(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes = {}): Value[] {
    const inferred = this.infer(op, inputs, attributes);
    const outputs = inferred.map(({ shape, dtype }) => ({ name: this.fresh(op), shape, dtype }));
    const node: Node = { op, inputs, outputs, attributes };
    this.nodes.push(node);
    for (const output of outputs) this.producers.set(output.name, node);
    return outputs;
  }

  private infer(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes) {
    try {
      const integers = (index: number) => this.integersOf(inputs[index] as Value);
      return opNamed(op).infer({ inputs, attributes, outputCount: 1, integers });
    } catch (cause) {
      const operands = inputs.map((input) => (input ? `[${input.shape}]` : 'none')).join(', ');
      throw new RangeError(`${op}(${operands}): ${(cause as Error).message}`, { cause });
    }
  }

  private one(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes = {}): Value {
    const folded = foldConstant(op, inputs, attributes, this.constants);
    if (!folded) return this.apply(op, inputs, attributes)[0] as Value;
    // Once: rules ask for the same of a weight wherever it is used.
    return this.pool(JSON.stringify([op, inputs.map((input) => input?.name), attributes]), () => folded, 'folded');
  }

  private fresh(hint: string): string {
    this.count += 1;
    return `${hint}_${this.count}`;
  }

  private pool(key: string, make: () => Tensor, hint?: string): Value {
    const known = this.pooled.get(key);
    if (known) return known;
    const value = this.constant(make(), hint);
    this.pooled.set(key, value);
    return value;
  }

  private ints(values: readonly number[]): Value {
    return this.pool(`i${values}`, () => int64Tensor(values));
  }

  add = (a: Value, b: Value) => this.one('Add', [a, b]);
  sub = (a: Value, b: Value) => this.one('Sub', [a, b]);
  mul = (a: Value, b: Value) => this.one('Mul', [a, b]);
  div = (a: Value, b: Value) => this.one('Div', [a, b]);
  neg = (x: Value) => this.one('Neg', [x]);
  exp = (x: Value) => this.one('Exp', [x]);
  erf = (x: Value) => this.one('Erf', [x]);
  log = (x: Value) => this.one('Log', [x]);
  sqrt = (x: Value) => this.one('Sqrt', [x]);
  abs = (x: Value) => this.one('Abs', [x]);
  sign = (x: Value) => this.one('Sign', [x]);
  sigmoid = (x: Value) => this.one('Sigmoid', [x]);
  tanh = (x: Value) => this.one('Tanh', [x]);
  relu = (x: Value) => this.one('Relu', [x]);
  softplus = (x: Value) => this.one('Softplus', [x]);
  silu = (x: Value) => this.one('Silu', [x]);
  /** The derivative of {@link silu} at x, where it is y. */
  siluSlope = (x: Value, y: Value) => this.one('SiluSlope', [x, y]);
  identity = (x: Value) => this.one('Identity', [x]);
  matmul = (a: Value, b: Value) => this.one('MatMul', [a, b]);

  /** alpha·a·b of two matrices, and beta·summand of the product's shape. */
  gemm(a: Value, b: Value, { alpha = 1, beta = 1, summand }: GemmOptions = {}): Value {
    return this.one('Gemm', summand ? [a, b, summand] : [a, b], { alpha, beta });
  }

  /** A matrix `[C,C]` with which means by channel, `[N,C]`, become those of each channel's group. */
  groupMeans(channels: number, groups: number): Value {
    const size = channels / groups;
    const make = () => {
      const matrix = new Float32Array(channels ** 2);
      for (let channel = 0; channel < channels; channel += 1) {
        const first = channel * channels + channel - (channel % size);
        matrix.fill(1 / size, first, first + size);
      }
      return matrix;
    };
    return this.pool(`m${channels}/${groups}`, () => lazyTensor([channels, channels], make), 'group_means');
  }
  softmax = (x: Value, axis = -1) => this.one('Softmax', [x], { axis });
  /** Along the last axis. */
  logSoftmax = (x: Value) => this.one('LogSoftmax', [x]);
  clip = (x: Value, low: number, high: number) => this.one('Clip', [x, this.scalar(low), this.scalar(high)]);
  /** 1 where the operands are equal, else 0. */
  equal = (a: Value, b: Value) => this.sub(this.scalar(1), this.abs(this.sign(this.sub(a, b))));
  depthToSpace = (x: Value, blocksize: number) => this.one('DepthToSpace', [x], { blocksize, mode: 'DCR' });

  /** Images `[N,C,H,W]` of the even and odd rows and columns as one `[N,C,2H,2W]`: (0,0), (0,1), (1,0), (1,1). */
  interleave = (phases: readonly [Value, Value, Value, Value]) => this.one('Interleave', phases);
  deinterleave = (x: Value) => this.apply('Deinterleave', [x]);

  /** Index of the least element along `axis`, which goes; int64. */
  argMin = (x: Value, axis: number) => this.one('ArgMin', [x], { axis, keepdims: 0 });
  /** Rows `[n,…]` of a table `[m,…]`, by indices `[n]`. */
  gatherRows = (table: Value, indices: Value) => this.one('Gather', [table, indices], { axis: 0 });
  /** `x`, a constant to whoever differentiates. */
  stopGradient = (x: Value) => this.one('StopGradient', [x]);

  conv(
    x: Value,
    weight: Value,
    bias: Value | null,
    { strides = [1, 1], pads = [0, 0, 0, 0] }: ConvOptions = {},
  ): Value {
    const kernel = weight.shape.slice(2);
    return this.one('Conv', bias ? [x, weight, bias] : [x, weight], { kernel_shape: kernel, strides, pads });
  }

  convTranspose(
    x: Value,
    weight: Value,
    options: ConvOptions & { outputPadding?: readonly [number, number] } = {},
  ): Value {
    const { strides = [1, 1], pads = [0, 0, 0, 0], outputPadding = [0, 0] } = options;
    return this.one('ConvTranspose', [x, weight], {
      kernel_shape: weight.shape.slice(2),
      strides,
      pads,
      output_padding: outputPadding,
    });
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return shape.join() === x.shape.join() ? x : this.one('Reshape', [x, this.ints(shape)]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return perm.every((axis, at) => axis === at) ? x : this.one('Transpose', [x], { perm });
  }

  /** Swaps the last two axes. */
  transposeLast(x: Value): Value {
    const rank = x.shape.length;
    return this.transpose(x, [...x.shape.keys()].slice(0, rank - 2).concat(rank - 1, rank - 2));
  }

  concat(parts: readonly Value[], axis: number): Value {
    return parts.length === 1 ? (parts[0] as Value) : this.one('Concat', parts, { axis });
  }

  split(x: Value, extents: readonly number[], axis: number): Value[] {
    return extents.length === 1 ? [x] : this.apply('Split', [x, this.ints(extents)], { axis });
  }

  slice(
    x: Value,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps: readonly number[] = axes.map(() => 1),
  ): Value {
    const whole = axes.every((axis, at) => starts[at] === 0 && ends[at] === x.shape[axis] && steps[at] === 1);
    if (whole) return x;
    return this.one('Slice', [x, this.ints(starts), this.ints(ends), this.ints(axes), this.ints(steps)]);
  }

  /** Reverses the order along each of `axes`. */
  flip(x: Value, axes: readonly number[]): Value {
    const turned = axes.filter((axis) => x.shape[axis] !== 1);
    if (turned.length === 0) return x;
    const extents = turned.map((axis) => x.shape[axis] ?? 1);
    return this.slice(
      x,
      extents.map((extent) => extent - 1),
      extents.map((extent) => -extent - 1),
      turned,
      turned.map(() => -1),
    );
  }

  /** Zero padding: all starts, then all ends. */
  pad(x: Value, pads: readonly number[]): Value {
    return pads.every((pad) => pad === 0) ? x : this.one('Pad', [x, this.ints(pads)]);
  }

  padAxis(x: Value, axis: number, before: number, after: number): Value {
    const pads = [...x.shape, ...x.shape].map(() => 0);
    pads[axis] = before;
    pads[axis + x.shape.length] = after;
    return this.pad(x, pads);
  }

  /** Spreads the elements along `axis`, with `stride − 1` zeros between neighbours. */
  dilate(x: Value, axis: number, stride: number): Value {
    if (stride === 1) return x;
    const extent = x.shape[axis] ?? 1;
    const split = this.reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
    const padded = this.padAxis(split, axis + 1, 0, stride - 1);
    const merged = this.reshape(
      padded,
      x.shape.map((size, at) => (at === axis ? size * stride : size)),
    );
    return this.slice(merged, [0], [(extent - 1) * stride + 1], [axis]);
  }

  expand(x: Value, shape: readonly number[]): Value {
    return shape.join() === x.shape.join() ? x : this.one('Expand', [x, this.ints(shape)]);
  }

  reduceSum(x: Value, axes: readonly number[], keepdims = true): Value {
    return this.reduce('ReduceSum', x, axes, keepdims);
  }

  reduceMean(x: Value, axes: readonly number[], keepdims = true): Value {
    return this.reduce('ReduceMean', x, axes, keepdims);
  }

  reduceMax(x: Value, axes: readonly number[], keepdims = true): Value {
    return this.reduce('ReduceMax', x, axes, keepdims);
  }

  private reduce(
    op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax',
    x: Value,
    axes: readonly number[],
    keepdims: boolean,
  ): Value {
    const normal = axes.map((axis) => normaliseAxis(axis, x.shape.length));
    return this.one(op, [x, this.ints(normal)], { keepdims: keepdims ? 1 : 0 });
  }

  /** Sums a broadcast value back to `shape`. */
  sumTo(x: Value, shape: readonly number[]): Value {
    const lead = x.shape.length - shape.length;
    const axes = [...x.shape.keys()].filter((axis) => axis < lead || (shape[axis - lead] === 1 && x.shape[axis] !== 1));
    return this.reshape(axes.length === 0 ? x : this.reduceSum(x, axes), shape);
  }

  /** `[y, mean, invStdDev]`, normalised over all axes from `axis` on. */
  layerNormalization(x: Value, scale: Value, bias: Value | null, axis: number, epsilon: number): [Value, Value, Value] {
    const inputs = bias ? [x, scale, bias] : [x, scale];
    return this.apply('LayerNormalization', inputs, { axis, epsilon }) as [Value, Value, Value];
  }

  /**
   * scale·x + bias by channel: x `[N,C,…]`, scale and bias `[C]`. Never of two axes alone: WebGPU (ONNX Runtime 1.30) gives wrong
   * numbers for `[3,8]`.
   */
  channelAffine(x: Value, scale: Value, bias: Value): Value {
    if (x.shape.length === 2)
      return this.reshape(this.channelAffine(this.reshape(x, [...x.shape, 1]), scale, bias), x.shape);
    const operands = [x, scale, bias, this.zeros(scale.shape), this.ones(scale.shape)];
    return this.one('BatchNormalization', operands, { epsilon: 0 });
  }

  /** The mean of x and the sum of x·y over the pixels of each channel of each sample: `[N,C,…]` to two `[N,C]`. */
  channelMoments = (x: Value, y: Value) => this.apply('ChannelMoments', [x, y]) as [Value, Value];

  /** scale·x + bias by channel and sample: x `[N,C,…]`, scale and bias of N·C elements. */
  sampleAffine(x: Value, scale: Value, bias: Value | null = null): Value {
    return this.one('SampleAffine', bias ? [x, scale, bias] : [x, scale]);
  }

  /** As {@link sampleAffine}; see {@link GroupNormAffine} for the operands that its gradient needs. */
  groupNormAffine({ x, slope, offset, lessMean, variance, weight, bias, means }: GroupNormOperands): Value {
    return this.one('GroupNormAffine', [x, slope, offset, lessMean, variance, weight, bias, means]);
  }

  /** What `outputs` need, as a graph: nodes, constants and inputs nobody reads are left out. */
  graph(outputs: Readonly<Record<string, Value>>): Graph {
    const taken = this.inputs.find(({ name }) => name in outputs && outputs[name]?.name !== name);
    if (taken) throw new RangeError(`output ${taken.name} has the name of an input`);
    const needed = new Set(Object.values(outputs).map((value) => value.name));
    const nodes: Node[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some((output) => needed.has(output.name))) continue;
      nodes.push(node);
      for (const input of node.inputs) if (input) needed.add(input.name);
    }
    const constants = new Map([...this.constants].filter(([name]) => needed.has(name)));
    return { inputs: this.inputs.filter(({ name }) => needed.has(name)), outputs, nodes: nodes.reverse(), constants };
  }
}
