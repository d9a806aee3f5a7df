import { sizeOf } from '../../graph/tensor.js';
import { normaliseAxis } from '../../ops/definition.js';

/** The shape that Reshape's target names: 0 copies an extent (unless `allowZero`), −1 takes what is left. */
export function reshapeTarget(from: readonly number[], target: readonly number[], allowZero: boolean): number[] {
  const copied = target.map((extent, axis) => (extent === 0 && !allowZero ? (from[axis] ?? 0) : extent));
  const rest = copied.indexOf(-1);
  if (rest < 0) return copied;
  const others = sizeOf(copied.filter((_, axis) => axis !== rest));
  copied[rest] = sizeOf(from) / others;
  return copied;
}

export function squeezed(shape: readonly number[], axes: readonly number[] | null): number[] {
  const normal =
    axes?.map((axis) => normaliseAxis(axis, shape.length)) ?? [...shape.keys()].filter((at) => shape[at] === 1);
  if (normal.some((axis) => shape[axis] !== 1)) throw new RangeError(`axes ${normal} of [${shape}] are not all 1`);
  return shape.filter((_, axis) => !normal.includes(axis));
}

export function unsqueezed(shape: readonly number[], axes: readonly number[]): number[] {
  const rank = shape.length + axes.length;
  const normal = axes.map((axis) => normaliseAxis(axis, rank));
  const left = [...shape];
  return Array.from({ length: rank }, (_, axis) => (normal.includes(axis) ? 1 : (left.shift() ?? 1)));
}

export function flattened(shape: readonly number[], axis: number): [number, number] {
  const at = axis < 0 ? axis + shape.length : axis;
  return [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))];
}

export interface Part {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/** What ONNX's Slice takes of each axis; starts and ends are clamped as it clamps them. */
export function sliceParts(
  shape: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[] | null,
  steps: readonly number[] | null,
): Part[] {
  const parts: Part[] = shape.map((count) => ({ first: 0, step: 1, count }));
  starts.forEach((start, at) => {
    const axis = normaliseAxis(axes?.[at] ?? at, shape.length);
    parts[axis] = slicePart(shape[axis] ?? 0, start, ends[at] ?? 0, steps?.[at] ?? 1);
  });
  return parts;
}

function slicePart(extent: number, start: number, end: number, step: number): Part {
  if (step === 0 || !Number.isInteger(step)) throw new RangeError(`step ${step}`);
  const fromFront = (index: number) => (index < 0 ? index + extent : index);
  const clamp = (index: number, low: number, high: number) => Math.min(Math.max(index, low), high);
  const first = step > 0 ? clamp(fromFront(start), 0, extent) : clamp(fromFront(start), 0, extent - 1);
  const last = step > 0 ? clamp(fromFront(end), 0, extent) : clamp(fromFront(end), -1, extent - 1);
  return { first, step, count: Math.max(0, Math.ceil((last - first) / step)) };
}

/** Extents of Split's parts: as listed, or `count` equal ones, the last of which may be smaller. */
export function splitExtents(extent: number, listed: readonly number[] | null, count: number): number[] {
  if (listed) {
    if (listed.reduce((sum, part) => sum + part, 0) !== extent)
      throw new RangeError(`parts of ${listed} do not add up to ${extent}`);
    return [...listed];
  }
  const each = Math.ceil(extent / count);
  return Array.from({ length: count }, (_, at) => Math.max(0, Math.min(each, extent - at * each)));
}

/** The whole number of [0, extent) that an index counted from either end means. */
export function wrapIndex(index: number, extent: number): number {
  const wrapped = index < 0 ? index + extent : index;
  if (!Number.isInteger(wrapped) || wrapped < 0 || wrapped >= extent)
    throw new RangeError(`index ${index} is outside an axis of ${extent}`);
  return wrapped;
}

/** Pads of every axis, begins first, from those that Pad lists for `axes` (all where left out). */
export function padWidths(rank: number, listed: readonly number[], axes: readonly number[] | null): number[] {
  const pads = new Array<number>(2 * rank).fill(0);
  const normal = axes?.map((axis) => normaliseAxis(axis, rank)) ?? Array.from({ length: rank }, (_, axis) => axis);
  normal.forEach((axis, at) => {
    pads[axis] = listed[at] ?? 0;
    pads[axis + rank] = listed[at + normal.length] ?? 0;
  });
  return pads;
}

/** What negative pads leave of each axis. */
export function padCrop(shape: readonly number[], pads: readonly number[]): Part[] {
  return shape.map((extent, axis) => {
    const first = Math.max(0, -(pads[axis] ?? 0));
    return { first, step: 1, count: extent - first - Math.max(0, -(pads[axis + shape.length] ?? 0)) };
  });
}
