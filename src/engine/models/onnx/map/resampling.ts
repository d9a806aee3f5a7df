import type { Value } from '../../../graph/graph.js';
import { floatTensor } from '../../../graph/tensor.js';
import type { Tape } from '../../../ops/tape.js';
import type { Mapping, Site } from './site.js';
import { windowPads } from './window.js';

/** Images that were made by repeating each pixel twice along both axes, with what they were made of. */
const doubled = new WeakMap<Value, Value>();

/** The small image that `x` is the doubled one of. */
export function doubledFrom(x: Value): Value | null {
  return doubled.get(x) ?? null;
}

const resize: Mapping = (site) => {
  const { tape, attributes } = site;
  const x = site.input(0);
  if (attributes.number('antialias', 0) === 1) throw new RangeError('antialias: expected 0');
  const policy = attributes.text('keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') throw new RangeError(`keep_aspect_ratio_policy: expected stretch, got ${policy}`);
  const axes = attributes.ints('axes') ?? [...x.shape.keys()];
  const extents = (index: number) => site.host(index)?.data;
  const [scales, sizes] = [extents(2), extents(3)];
  let out = x;
  axes.forEach((axis, at) => {
    // Batch and channels never change; a baked batch among the sizes says nothing.
    if (axis < 2) return;
    const from = x.shape[axis] ?? 0;
    const scale = scales?.length ? (scales[at] ?? 1) : (sizes?.[at] ?? from) / from;
    const to = sizes?.length ? (sizes[at] ?? from) : Math.floor(from * scale);
    if (!(to >= 1 && to <= MAX_EXTENT)) throw new RangeError(`axis ${axis}: from ${from} to ${to}`);
    out = resampled(tape, out, axis, resizeWeights(site, from, to, scale));
  });
  if (x.shape.length === 4 && isDoubling(site, x, out)) doubled.set(out, x);
  return out;
};

const MAX_EXTENT = 4096;

/** For each new position, weights of the old ones. */
type Weights = readonly ReadonlyMap<number, number>[];

function isDoubling(site: Site, x: Value, out: Value): boolean {
  const twice = [2, 3].every((axis) => out.shape[axis] === 2 * (x.shape[axis] ?? 0));
  return twice && site.attributes.text('mode', 'nearest') === 'nearest' && repeats(site, x);
}

function repeats(site: Site, x: Value): boolean {
  return [2, 3].every((axis) => {
    const from = x.shape[axis] ?? 0;
    return repeated(resizeWeights(site, from, 2 * from, 2), from) === 2;
  });
}

function resizeWeights(site: Site, from: number, to: number, scale: number): Weights {
  const mode = site.attributes.text('mode', 'nearest');
  const place = source(site.attributes.text('coordinate_transformation_mode', 'half_pixel'), from, to, scale);
  const rounding = nearest(site.attributes.text('nearest_mode', 'round_prefer_floor'));
  const inside = (position: number) => Math.min(Math.max(position, 0), from - 1);
  return Array.from({ length: to }, (_, at) => {
    if (mode === 'nearest') return new Map([[inside(rounding(place(at))), 1]]);
    if (mode !== 'linear') throw new RangeError(`mode: expected nearest or linear, got ${mode}`);
    const low = Math.floor(place(at));
    const part = place(at) - low;
    const weights = new Map([[inside(low), 1 - part]]);
    weights.set(inside(low + 1), (weights.get(inside(low + 1)) ?? 0) + part);
    return weights;
  });
}

/** Where a new position lies among the old ones (ONNX, Resize: coordinate_transformation_mode). */
function source(mode: string, from: number, to: number, scale: number): (at: number) => number {
  if (mode === 'asymmetric') return (at) => at / scale;
  if (mode === 'half_pixel') return (at) => (at + 0.5) / scale - 0.5;
  if (mode === 'pytorch_half_pixel') return (at) => (to > 1 ? (at + 0.5) / scale - 0.5 : 0);
  if (mode === 'align_corners') return (at) => (to > 1 ? (at * (from - 1)) / (to - 1) : 0);
  throw new RangeError(`coordinate_transformation_mode ${mode}`);
}

function nearest(mode: string): (x: number) => number {
  if (mode === 'floor') return Math.floor;
  if (mode === 'ceil') return Math.ceil;
  if (mode === 'round_prefer_ceil') return (x) => Math.floor(x + 0.5);
  if (mode === 'round_prefer_floor') return (x) => Math.ceil(x - 0.5);
  throw new RangeError(`nearest_mode ${mode}`);
}

/** How often each position of `from` appears in a row, where the weights do nothing else. */
function repeated(weights: Weights, from: number): number | null {
  const times = weights.length / from;
  const plain = weights.every((map, at) => map.size === 1 && map.get(Math.floor(at / times)) === 1);
  return Number.isInteger(times) && plain ? times : null;
}

/** A linear map along one axis of an image: repeated pixels as an Expand, anything else as a product with a matrix. */
function resampled(tape: Tape, x: Value, axis: number, weights: Weights): Value {
  const from = x.shape[axis] ?? 0;
  const times = repeated(weights, from);
  const to = x.shape.map((extent, at) => (at === axis ? weights.length : extent));
  if (times === 1) return x;
  if (times !== null) {
    const split = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
    const spread = split.map((extent, at) => (at === axis + 1 ? times : extent));
    return tape.reshape(tape.expand(tape.reshape(x, split), spread), to);
  }
  const data = new Float32Array(from * weights.length);
  weights.forEach((map, column) => {
    for (const [row, weight] of map) data[row * weights.length + column] = weight;
  });
  const matrix = tape.constant(floatTensor([from, weights.length], data), 'resample');
  const last = x.shape.length - 1;
  const perm = x.shape.map((_, at) => (at === axis ? last : at === last ? axis : at));
  return tape.transpose(tape.matmul(tape.transpose(x, perm), matrix), perm);
}

const averagePool: Mapping = (site) => {
  const { tape, attributes } = site;
  const x = site.input(0);
  const kernel = attributes.ints('kernel_shape') ?? [];
  const strides = attributes.ints('strides') ?? kernel.map(() => 1);
  if (x.shape.length !== kernel.length + 2 || attributes.ints('dilations')?.some((dilation) => dilation !== 1))
    throw new RangeError(`kernel ${kernel} on [${x.shape}]`);
  const pads = windowPads(site, x.shape.slice(2), kernel, strides);
  const ceil = attributes.number('ceil_mode', 0) === 1;
  const padded = attributes.number('count_include_pad', 0) === 1;
  if (tiles(x, kernel, strides, pads)) return tileMeans(tape, x, kernel);
  let out = x;
  kernel.forEach((size, at) => {
    const [from, stride] = [x.shape[at + 2] ?? 0, strides[at] ?? 1];
    const [begin, end] = [pads[at] ?? 0, pads[at + kernel.length] ?? 0];
    if (ceil && (from + begin + end - size) % stride !== 0) throw new RangeError('ceil_mode: expected 0');
    const count = Math.floor((from + begin + end - size) / stride) + 1;
    if (!(count >= 1 && count <= MAX_EXTENT)) throw new RangeError(`kernel ${kernel} on [${x.shape}]`);
    out = resampled(tape, out, at + 2, poolWeights(from, count, size, stride, begin, padded));
  });
  return out;
};

/** Whether the windows lie side by side and leave nothing over. */
function tiles(x: Value, kernel: readonly number[], strides: readonly number[], pads: readonly number[]): boolean {
  const whole = kernel.every((size, at) => size === strides[at] && (x.shape[at + 2] ?? 0) % size === 0);
  return whole && pads.every((count) => count === 0);
}

function tileMeans(tape: Tape, x: Value, kernel: readonly number[]): Value {
  const apart = kernel.flatMap((size, at) => [(x.shape[at + 2] ?? 0) / size, size]);
  const split = tape.reshape(x, [...x.shape.slice(0, 2), ...apart]);
  return tape.reduceMean(
    split,
    kernel.map((_, at) => 2 * at + 3),
    false,
  );
}

function poolWeights(
  from: number,
  count: number,
  size: number,
  stride: number,
  begin: number,
  padded: boolean,
): Weights {
  return Array.from({ length: count }, (_, at) => {
    const window = Array.from({ length: size }, (_, i) => at * stride - begin + i);
    const inside = window.filter((position) => position >= 0 && position < from);
    return new Map(inside.map((position) => [position, 1 / (padded ? size : inside.length)]));
  });
}

const globalAveragePool: Mapping = (site) => {
  const x = site.input(0);
  return site.tape.reduceMean(x, [...x.shape.keys()].slice(2), true);
};

export const RESAMPLING: Readonly<Record<string, Mapping>> = {
  Resize: resize,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
};
