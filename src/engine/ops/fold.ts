import type { Attributes, Value } from '../graph/graph.js';
import { type FloatTensor, lazyTensor, sizeOf, type Tensor } from '../graph/tensor.js';

/**
 * The result of an operator whose operands are all constant, for the few that gradient rules apply to frozen weights
 * (flips, transposes, parts and stacks of convolution and attention weights); `null` where it is left to the runtime.
 */
export function foldConstant(
  op: string,
  inputs: readonly (Value | null)[],
  attributes: Attributes,
  constants: ReadonlyMap<string, Tensor>,
): Tensor | null {
  const operand = inputs[0] && constants.get(inputs[0].name);
  if (operand?.dtype !== 'float32') return null;
  if (op === 'Concat' && attributes['axis'] === 0) return stacked(inputs, constants);
  const { shape: from } = operand;
  const data = () => operand.data as Float32Array;
  const integers = (index: number) => {
    const list = inputs[index] && constants.get(inputs[index].name);
    return list?.data instanceof BigInt64Array ? Array.from(list.data, Number) : null;
  };
  if (op === 'Reshape') {
    const shape = integers(1);
    return shape && lazyTensor(shape, data);
  }
  if (op === 'Transpose') return strided(data, transposed(from, attributes['perm'] as readonly number[]));
  if (op === 'Slice') {
    const [starts, ends, axes, steps] = [integers(1), integers(2), integers(3), integers(4)];
    if (!starts || !ends || !axes) return null;
    if (steps?.every((step) => step === -1)) return strided(data, flipped(from, axes));
    const isPlain = steps?.every((step) => step === 1) && ![...starts, ...ends].some((at) => at < 0);
    return isPlain ? strided(data, cut(from, starts, ends, axes)) : null;
  }
  return null;
}

/** Constants one after the other along their first axis; `null` if one is none. */
function stacked(inputs: readonly (Value | null)[], constants: ReadonlyMap<string, Tensor>): Tensor | null {
  const parts = inputs.map((input) => constants.get(input?.name ?? ''));
  if (!parts.every((part) => part?.dtype === 'float32')) return null;
  const tensors = parts as FloatTensor[];
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const shape = [rows, ...(tensors[0]?.shape.slice(1) ?? [])];
  return lazyTensor(shape, () => {
    const out = new Float32Array(sizeOf(shape));
    let at = 0;
    for (const { data } of tensors) {
      out.set(data, at);
      at += data.length;
    }
    return out;
  });
}

interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

function transposed(shape: readonly number[], perm: readonly number[]): View {
  const strides = rowMajor(shape);
  return { shape: perm.map((axis) => shape[axis] ?? 1), strides: perm.map((axis) => strides[axis] ?? 1), offset: 0 };
}

function flipped(shape: readonly number[], axes: readonly number[]): View {
  const strides = rowMajor(shape);
  const offset = axes.reduce((sum, axis) => sum + ((shape[axis] ?? 1) - 1) * (strides[axis] ?? 1), 0);
  return { shape, strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)), offset };
}

/** From each start to its end, neither counted from the back. */
function cut(
  shape: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
): View {
  const strides = rowMajor(shape);
  const extents = shape.map((extent, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? extent : Math.max(0, Math.min(ends[at] ?? extent, extent) - (starts[at] ?? 0));
  });
  const offset = axes.reduce((sum, axis, at) => sum + (starts[at] ?? 0) * (strides[axis] ?? 0), 0);
  return { shape: extents, strides, offset };
}

/** A strided view as a dense tensor. */
function strided(source: () => Float32Array, view: View): Tensor {
  return lazyTensor(view.shape, () => copied(source(), view));
}

function copied(source: Float32Array, { shape, strides, offset }: View): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < out.length; to += 1) {
    out[to] = source[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] = (index[axis] ?? 0) + 1;
      from += strides[axis] ?? 0;
      if ((index[axis] ?? 0) < (shape[axis] ?? 1)) break;
      from -= (shape[axis] ?? 1) * (strides[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return out;
}
