import type { Value } from '../../../graph/graph.js';
import { sizeOf } from '../../../graph/tensor.js';
import { normaliseAxis } from '../../../ops/definition.js';
import type { Mapping, Site } from './site.js';

const matmul: Mapping = (site) => {
  const [a, b] = [site.input(0), site.input(1)];
  site.keepSamplesApart(0, [a.shape.length - 1]);
  site.keepSamplesApart(1, [b.shape.length - 2]);
  return site.tape.matmul(a, b);
};

const gemm: Mapping = (site) => {
  const { tape, attributes } = site;
  const side = (index: number, flag: string) => {
    const x = site.input(index);
    return attributes.number(flag, 0) === 1 ? tape.transposeLast(x) : x;
  };
  const scaled = (x: Value, name: string) => {
    const factor = attributes.number(name, 1);
    return factor === 1 ? x : tape.mul(x, tape.scalar(factor));
  };
  const [a, b] = [side(0, 'transA'), side(1, 'transB')];
  site.keepSamplesApart(0, [attributes.number('transA', 0) === 1 ? 0 : 1]);
  const product = scaled(tape.matmul(a, b), 'alpha');
  const bias = site.optional(2);
  return bias ? tape.add(product, scaled(bias, 'beta')) : product;
};

const reduction =
  (op: 'reduceSum' | 'reduceMean' | 'reduceMax'): Mapping =>
  (site) => {
    const x = site.input(0);
    const listed = site.list(1, 'axes');
    if (!listed?.length && site.attributes.number('noop_with_empty_axes', 0) === 1) return x;
    const axes = (listed?.length ? listed : [...x.shape.keys()]).map((axis) => normaliseAxis(axis, x.shape.length));
    site.keepSamplesApart(0, axes);
    return site.tape[op](x, axes, site.attributes.number('keepdims', 1) === 1);
  };

const softmax: Mapping = (site) => {
  const x = site.input(0);
  const axis = normaliseAxis(site.attributes.number('axis', -1), x.shape.length);
  site.keepSamplesApart(0, [axis]);
  return site.tape.softmax(x, axis);
};

interface Terms {
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly out: readonly string[];
}

/** A product of two tensors written with letters, "bct,bcs->bts": kept letters first, then a matrix product. */
const einsum: Mapping = (site) => {
  const equation = site.attributes.text('equation', '').replaceAll(' ', '');
  const found = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation);
  const [a = [], b = [], out = []] = (found?.slice(1) ?? []).map((letters) => [...letters]);
  const single = out.every((letter) => a.includes(letter) || b.includes(letter));
  const distinct = [a, b, out].every((letters) => new Set(letters).size === letters.length);
  const used = [...a, ...b].every((letter) => out.includes(letter) || (a.includes(letter) && b.includes(letter)));
  if (!found || !single || !distinct || !used) throw new RangeError(`equation ${equation} is not a product of two`);
  return product(site, { a, b, out });
};

function product(site: Site, { a, b, out }: Terms): Value {
  const { tape } = site;
  const [left, right] = [site.input(0), site.input(1)];
  const extent = (letter: string) => left.shape[a.indexOf(letter)] ?? right.shape[b.indexOf(letter)] ?? 1;
  const kept = out.filter((letter) => a.includes(letter) && b.includes(letter));
  const summed = a.filter((letter) => !out.includes(letter));
  const rows = a.filter((letter) => !b.includes(letter));
  const columns = b.filter((letter) => !a.includes(letter));
  site.keepSamplesApart(
    0,
    summed.map((letter) => a.indexOf(letter)),
  );
  const size = (letters: readonly string[]) => sizeOf(letters.map(extent));
  const arranged = (x: Value, letters: readonly string[], order: readonly string[], last: readonly string[][]) =>
    tape.reshape(
      tape.transpose(
        x,
        order.map((letter) => letters.indexOf(letter)),
      ),
      [...kept.map(extent), ...last.map(size)],
    );
  const made = tape.matmul(
    arranged(left, a, [...kept, ...rows, ...summed], [rows, summed]),
    arranged(right, b, [...kept, ...summed, ...columns], [summed, columns]),
  );
  const order = [...kept, ...rows, ...columns];
  return tape.transpose(
    tape.reshape(made, order.map(extent)),
    out.map((letter) => order.indexOf(letter)),
  );
}

/** softmax(s·q·kᵀ)·v of heads `[N,heads,pixels,width]`, or of `[N,pixels,heads·width]` with the number of heads. */
const attention: Mapping = (site) => {
  const { tape, attributes } = site;
  if (site.operandCount > 3 || site.outputCount > 1 || attributes.number('is_causal', 0) === 1)
    throw new RangeError('expected query, key and value only, without mask or cache');
  const heads = (index: number, flag: string) => {
    const x = site.input(index);
    if (x.shape.length === 4) return x;
    const [n = 1, pixels = 1, width = 1] = x.shape;
    const count = attributes.number(flag);
    return tape.transpose(tape.reshape(x, [n, pixels, count, width / count]), [0, 2, 1, 3]);
  };
  const [query, key, value] = [heads(0, 'q_num_heads'), heads(1, 'kv_num_heads'), heads(2, 'kv_num_heads')];
  const scale = attributes.number('scale', 1 / Math.sqrt(query.shape[3] ?? 1));
  const scores = tape.matmul(tape.mul(query, tape.scalar(scale)), tape.transposeLast(key));
  const mixed = tape.matmul(tape.softmax(scores), value);
  if (site.input(0).shape.length === 4) return mixed;
  const [n = 1, count = 1, pixels = 1, width = 1] = mixed.shape;
  return tape.reshape(tape.transpose(mixed, [0, 2, 1, 3]), [n, pixels, count * width]);
};

export const LINEAR: Readonly<Record<string, Mapping>> = {
  MatMul: matmul,
  Attention: attention,
  Gemm: gemm,
  Einsum: einsum,
  ReduceSum: reduction('reduceSum'),
  ReduceMean: reduction('reduceMean'),
  ReduceMax: reduction('reduceMax'),
  Softmax: softmax,
};
