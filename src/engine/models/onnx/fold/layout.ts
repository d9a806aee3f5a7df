import { sizeOf } from '../../../graph/tensor.js';
import { normaliseAxis } from '../../../ops/definition.js';
import { computed, type HostTensor, hostTensor, intList } from '../host-tensor.js';
import {
  flattened,
  padCrop,
  padWidths,
  reshapeTarget,
  sliceParts,
  splitExtents,
  squeezed,
  unsqueezed,
  wrapIndex,
} from '../shapes.js';
import type { Folding, FoldRule } from './folding.js';
import { broadcastTo, reshaped, sliced, transposed } from './views.js';

const constant: FoldRule = ({ attributes }) => {
  const tensor = attributes.tensor('value');
  if (tensor) return [tensor];
  if (attributes.has('value_float')) return [computed('float32', [], () => attributes.number('value_float'))];
  if (attributes.has('value_int')) return [computed('int64', [], () => attributes.number('value_int'))];
  const floats = attributes.floats('value_floats');
  if (floats) return [computed('float32', [floats.length], (at) => floats[at] ?? 0)];
  const ints = attributes.ints('value_ints');
  if (ints) return [intList(ints)];
  throw new RangeError(`expected a tensor or numbers, got ${attributes.names.join(', ') || 'nothing'}`);
};

const constantOfShape: FoldRule = (site) => {
  const value = site.attributes.tensor('value');
  return [computed(value?.kind ?? 'float32', site.ints(0) ?? [], () => value?.data[0] ?? 0)];
};

const concat: FoldRule = (site) => {
  const parts = site.inputs.map((_, at) => site.input(at));
  const [first] = parts;
  const axis = normaliseAxis(site.attributes.number('axis'), first?.shape.length ?? 0);
  return [joined(parts, axis)];
};

function joined(parts: readonly HostTensor[], axis: number): HostTensor {
  const first = parts[0] as HostTensor;
  const extent = parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const out = hostTensor(
    first.kind,
    first.shape.map((size, at) => (at === axis ? extent : size)),
  );
  const outer = sizeOf(first.shape.slice(0, axis));
  let to = 0;
  for (let row = 0; row < outer; row += 1) {
    for (const { shape, data } of parts) {
      const length = sizeOf(shape.slice(axis));
      if (data.length !== outer * length) throw new RangeError(`parts of [${first.shape}] and [${shape}] do not join`);
      out.data.set(data.subarray(row * length, (row + 1) * length), to);
      to += length;
    }
  }
  return out;
}

const split: FoldRule = (site) => {
  const x = site.input(0);
  const axis = normaliseAxis(site.attributes.number('axis', 0), x.shape.length);
  let first = 0;
  return splitExtents(x.shape[axis] ?? 0, site.list(1, 'split'), site.outputCount).map((count) => {
    const parts = x.shape.map((extent, at) =>
      at === axis ? { first, step: 1, count } : { first: 0, step: 1, count: extent },
    );
    first += count;
    return sliced(x, parts);
  });
};

const slice: FoldRule = (site) => {
  const x = site.input(0);
  return [sliced(x, sliceParts(x.shape, site.ints(1) ?? [], site.ints(2) ?? [], site.ints(3), site.ints(4)))];
};

const gather: FoldRule = (site) => {
  const [x, indices] = [site.input(0), site.input(1)];
  const axis = normaliseAxis(site.attributes.number('axis', 0), x.shape.length);
  const rows = Array.from(indices.data, (index) => {
    const first = wrapIndex(index, x.shape[axis] ?? 0);
    return sliced(
      x,
      x.shape.map((count, at) => ({ first: at === axis ? first : 0, step: 1, count: at === axis ? 1 : count })),
    );
  });
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return [rows.length === 0 ? hostTensor(x.kind, shape) : reshaped(joined(rows, axis), shape)];
};

const expand: FoldRule = (site) => {
  const x = site.input(0);
  const target = site.ints(1) ?? [];
  const rank = Math.max(x.shape.length, target.length);
  const own = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const shape = own.map((extent, at) => Math.max(extent, target[at - rank + target.length] ?? 1));
  return [broadcastTo(x, shape)];
};

const tile: FoldRule = (site) => {
  let x = site.input(0);
  (site.ints(1) ?? []).forEach((times, axis) => {
    if (times > 1) x = joined(new Array<HostTensor>(bounded(times)).fill(x), axis);
  });
  return [x];
};

const range: FoldRule = (site) => {
  const [start, limit, delta] = [site.number(0, 0), site.number(1, 0), site.number(2, 1)];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  return [computed(site.input(0).kind, [count], (at) => start + at * delta)];
};

/** With zeros, which embeddings of odd width have. */
const pad: FoldRule = (site) => {
  const x = site.input(0);
  const mode = site.attributes.text('mode', 'constant');
  if (mode !== 'constant' || site.number(2, 0) !== 0) throw new RangeError(`expected zeros, got mode ${mode}`);
  const pads = padWidths(x.shape.length, site.ints(1) ?? [], site.ints(3));
  let out = sliced(x, padCrop(x.shape, pads));
  x.shape.forEach((_, axis) => {
    const zeros = (count: number) => {
      const shape = out.shape.map((extent, at) => (at === axis ? Math.max(0, count) : extent));
      return hostTensor(x.kind, shape);
    };
    out = joined([zeros(pads[axis] ?? 0), out, zeros(pads[axis + x.shape.length] ?? 0)], axis);
  });
  return [out];
};

function bounded(count: number): number {
  if (count > 2 ** 16) throw new RangeError(`${count} repetitions`);
  return count;
}

const withShape =
  (shape: (site: Folding, from: readonly number[]) => readonly number[]): FoldRule =>
  (site) => [reshaped(site.input(0), shape(site, site.input(0).shape))];

export const LAYOUT: Readonly<Record<string, FoldRule>> = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Expand: expand,
  Tile: tile,
  Range: range,
  Pad: pad,
  Reshape: withShape((site, from) =>
    reshapeTarget(from, site.ints(1) ?? [], site.attributes.number('allowzero', 0) === 1),
  ),
  Flatten: withShape((site, from) => flattened(from, site.attributes.number('axis', 1))),
  Squeeze: withShape((site, from) => squeezed(from, site.list(1, 'axes'))),
  Unsqueeze: withShape((site, from) => unsqueezed(from, site.list(1, 'axes') ?? [])),
  Transpose: (site) => {
    const x = site.input(0);
    return [transposed(x, site.attributes.ints('perm') ?? [...x.shape.keys()].reverse())];
  },
};
