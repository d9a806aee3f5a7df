import { sizeOf } from '../../../graph/tensor.js';
import { normaliseAxis } from '../../../ops/definition.js';
import { computed, type HostTensor, hostTensor } from '../host-tensor.js';
import type { FoldRule } from './folding.js';
import { broadcastTo, transposed } from './views.js';

/** A product of two matrices, accumulated in float64. */
function product(a: HostTensor, b: HostTensor): HostTensor {
  const [m, k] = a.shape as [number, number];
  const [rows, n] = b.shape as [number, number];
  if (k !== rows) throw new RangeError(`a product of [${a.shape}] and [${b.shape}]`);
  return computed(a.kind, [m, n], (at) => {
    const [row, column] = [Math.floor(at / n) * k, at % n];
    let sum = 0;
    for (let i = 0; i < k; i += 1) sum += (a.data[row + i] ?? 0) * (b.data[i * n + column] ?? 0);
    return sum;
  });
}

const matmul: FoldRule = (site) => {
  const [a, b] = [site.input(0), site.input(1)];
  if (b.shape.length !== 2) throw new RangeError(`a product of [${a.shape}] and [${b.shape}] is not computed`);
  const k = a.shape.at(-1) ?? 1;
  const flat = product({ ...a, shape: [sizeOf(a.shape) / k, k] }, b);
  return [{ ...flat, shape: [...a.shape.slice(0, -1), b.shape[1] ?? 1] }];
};

const gemm: FoldRule = (site) => {
  const { attributes } = site;
  const side = (index: number, flag: string) => {
    const x = site.input(index);
    if (x.shape.length !== 2) throw new RangeError(`operand ${index}: expected a matrix, got [${x.shape}]`);
    return attributes.number(flag, 0) === 1 ? transposed(x, [1, 0]) : x;
  };
  const [alpha, beta] = [attributes.number('alpha', 1), attributes.number('beta', 1)];
  const made = product(side(0, 'transA'), side(1, 'transB'));
  const bias = site.inputs[2] ? broadcastTo(site.input(2), made.shape) : null;
  return [computed(made.kind, made.shape, (at) => alpha * (made.data[at] ?? 0) + beta * (bias?.data[at] ?? 0))];
};

const reduction =
  (start: number, step: (sum: number, x: number) => number, finish = (sum: number, _count: number) => sum): FoldRule =>
  (site) => {
    const x = site.input(0);
    const listed = site.list(1, 'axes');
    if (!listed && site.attributes.number('noop_with_empty_axes', 0) === 1) return [x];
    const axes = (listed ?? [...x.shape.keys()]).map((axis) => normaliseAxis(axis, x.shape.length));
    const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
    const out = hostTensor(x.kind, kept);
    out.data.fill(start);
    const at = broadcastTo(
      computed('int64', kept, (index) => index),
      x.shape,
    ).data;
    x.data.forEach((value, index) => {
      const to = at[index] ?? 0;
      out.data[to] = step(out.data[to] ?? 0, value);
    });
    const count = x.data.length / Math.max(1, out.data.length);
    const shape = site.attributes.number('keepdims', 1) === 1 ? kept : kept.filter((_, axis) => !axes.includes(axis));
    return [computed(x.kind, shape, (index) => finish(out.data[index] ?? 0, count))];
  };

export const LINEAR: Readonly<Record<string, FoldRule>> = {
  MatMul: matmul,
  Gemm: gemm,
  ReduceSum: reduction(0, (sum, x) => sum + x),
  ReduceMean: reduction(
    0,
    (sum, x) => sum + x,
    (sum, count) => sum / count,
  ),
  ReduceProd: reduction(1, (sum, x) => sum * x),
  ReduceMax: reduction(-Infinity, Math.max),
  ReduceMin: reduction(Infinity, Math.min),
};
