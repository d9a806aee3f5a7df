import { sizeOf } from '../../../graph/tensor.js';
import { type HostTensor, hostTensor } from '../host-tensor.js';

/** Elements of `source` read with a stride an axis from `offset`, as a dense tensor. */
export function strided(
  source: HostTensor,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): HostTensor {
  const out = hostTensor(source.kind, shape);
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < out.data.length; to += 1) {
    out.data[to] = source.data[from] ?? 0;
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

export function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** `x` repeated to `shape`, which it must broadcast to. */
export function broadcastTo(x: HostTensor, shape: readonly number[]): HostTensor {
  if (x.shape.join() === shape.join()) return x;
  const lead = shape.length - x.shape.length;
  const strides = rowMajor(x.shape).map((stride, axis) => (x.shape[axis] === 1 ? 0 : stride));
  return strided(x, shape, [...new Array<number>(Math.max(0, lead)).fill(0), ...strides]);
}

export function reshaped(x: HostTensor, shape: readonly number[]): HostTensor {
  if (sizeOf(shape) !== x.data.length) throw new RangeError(`cannot reshape [${x.shape}] to [${shape}]`);
  return { ...x, shape: [...shape] };
}

export function transposed(x: HostTensor, perm: readonly number[]): HostTensor {
  const strides = rowMajor(x.shape);
  return strided(
    x,
    perm.map((axis) => x.shape[axis] ?? 1),
    perm.map((axis) => strides[axis] ?? 1),
  );
}

/** A part of each axis: `count` elements from `first`, `step` apart. */
export function sliced(x: HostTensor, parts: readonly { first: number; step: number; count: number }[]): HostTensor {
  const strides = rowMajor(x.shape);
  const offset = parts.reduce((sum, { first }, axis) => sum + first * (strides[axis] ?? 1), 0);
  return strided(
    x,
    parts.map(({ count }) => count),
    parts.map(({ step }, axis) => step * (strides[axis] ?? 1)),
    offset,
  );
}
