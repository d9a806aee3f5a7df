import type { Value } from '../../../graph/graph.js';
import { sizeOf } from '../../../graph/tensor.js';
import { broadcastShape, normaliseAxis } from '../../../ops/definition.js';
import { batchAxis, rebatched } from '../batch.js';
import {
  flattened,
  type Part,
  padCrop,
  padWidths,
  reshapeTarget,
  sliceParts,
  splitExtents,
  squeezed,
  unsqueezed,
  wrapIndex,
} from '../shapes.js';
import type { Mapping, Site } from './site.js';

const MAX_PIECES = 64;
const MAX_ELEMENTS = 2 ** 30;

const reshape: Mapping = (site) => {
  const x = site.input(0);
  const [native, result] = [site.referenceInput(0), site.referenceOutput()];
  if (native && result) return site.tape.reshape(x, rebatched(native, x.shape, result, site.batch));
  const target = reshapeTarget(x.shape, site.list(1) ?? [], site.attributes.number('allowzero', 0) === 1);
  return site.tape.reshape(x, target);
};

const withShape =
  (shape: (site: Site, from: readonly number[]) => readonly number[]): Mapping =>
  (site) =>
    site.tape.reshape(site.input(0), shape(site, site.input(0).shape));

const expand: Mapping = (site) => {
  const x = site.input(0);
  const [native, result] = [site.referenceInput(0), site.referenceOutput()];
  if (native && result) return site.tape.expand(x, grown(site, native, x.shape, result));
  return site.tape.expand(x, broadcastShape(x.shape, site.list(1) ?? []));
};

/** Expand's result with the batch that the operand has by now, or, where it has none, that the target says. */
function grown(site: Site, native: readonly number[], now: readonly number[], result: readonly number[]): number[] {
  const axis = batchAxis(native, now, site.batch);
  if (axis === null) return broadcastShape(now, site.list(1) ?? []);
  const at = axis + result.length - native.length;
  return result.map((extent, position) => (position === at ? (now[axis] ?? extent) : extent));
}

const concat: Mapping = (site) => {
  const parts = Array.from({ length: site.operandCount }, (_, at) => site.input(at));
  const axis = normaliseAxis(site.attributes.number('axis'), parts[0]?.shape.length ?? 0);
  parts.forEach((part, at) => {
    if (part.shape.some((extent, other) => other !== axis && extent !== parts[0]?.shape[other]))
      throw new RangeError(`parts of [${parts[0]?.shape}] and [${part.shape}] do not join along axis ${axis}`);
    site.keepSamplesApart(at, [axis]);
  });
  return site.tape.concat(parts, axis);
};

const split: Mapping = (site) => {
  const x = site.input(0);
  const axis = normaliseAxis(site.attributes.number('axis', 0), x.shape.length);
  site.keepSamplesApart(0, [axis]);
  return site.tape.split(x, splitExtents(x.shape[axis] ?? 0, site.list(1, 'split'), site.outputCount), axis);
};

const slice: Mapping = (site) => {
  const x = site.input(0);
  return taken(site, x, sliceParts(x.shape, site.list(1) ?? [], site.list(2) ?? [], site.list(3), site.list(4)));
};

function taken(site: Site, x: Value, parts: readonly Part[]): Value {
  let out = x;
  parts.forEach(({ first, step, count }, axis) => {
    const extent = x.shape[axis] ?? 0;
    if (count === extent && step === 1) return;
    site.keepSamplesApart(0, [axis]);
    if (count === 0) throw new RangeError(`nothing is left of axis ${axis}`);
    if (step === -1 && count === extent) out = site.tape.flip(out, [axis]);
    else if (step < 0) throw new RangeError(`expected steps of 1 and more, or -1 over a whole axis, got ${step}`);
    else out = site.tape.slice(out, [first], [first + (count - 1) * step + 1], [axis], [step]);
  });
  return out;
}

const gather: Mapping = (site) => {
  const [x, indices] = [site.input(0), site.host(1)];
  if (!indices) throw new RangeError('indices depend on the sample');
  if (indices.data.length > MAX_PIECES) throw new RangeError(`${indices.data.length} indices; at most ${MAX_PIECES}`);
  const axis = normaliseAxis(site.attributes.number('axis', 0), x.shape.length);
  site.keepSamplesApart(0, [axis]);
  const rows = Array.from(indices.data, (index) => {
    const first = wrapIndex(index, x.shape[axis] ?? 0);
    return site.tape.slice(x, [first], [first + 1], [axis]);
  });
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return site.tape.reshape(site.tape.concat(rows, axis), shape);
};

const tile: Mapping = (site) => {
  let out = site.input(0);
  (site.list(1) ?? []).forEach((times, axis) => {
    if (times === 1) return;
    if (times < 1 || times > MAX_PIECES) throw new RangeError(`${times} repetitions`);
    site.keepSamplesApart(0, [axis]);
    out = site.tape.concat(new Array<Value>(times).fill(out), axis);
  });
  return out;
};

const pad: Mapping = (site) => {
  const x = site.input(0);
  const rank = x.shape.length;
  const mode = site.attributes.text('mode', 'constant');
  if (mode !== 'constant' || (site.scalar(2) ?? 0) !== 0) throw new RangeError(`expected zeros, got mode ${mode}`);
  const listed = site.list(1) ?? [];
  const pads = padWidths(rank, listed, site.list(3));
  if (sizeOf(x.shape.map((extent, axis) => extent + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0))) > MAX_ELEMENTS)
    throw new RangeError(`pads ${listed} of [${x.shape}]`);
  site.keepSamplesApart(
    0,
    [...x.shape.keys()].filter((axis) => pads[axis] !== 0 || pads[axis + rank] !== 0),
  );
  return site.tape.pad(
    taken(site, x, padCrop(x.shape, pads)),
    pads.map((count) => Math.max(0, count)),
  );
};

/** `[N,C,H,W]` ↔ `[N,C·b²,H/b,W/b]`; DCR puts the block before the channels, CRD behind them. */
const depthToSpace: Mapping = (site) => {
  const x = site.input(0);
  const block = site.attributes.number('blocksize');
  if (site.attributes.text('mode', 'DCR') === 'DCR') return site.tape.depthToSpace(x, block);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const inner = c / (block * block);
  const perm = site.tape.transpose(site.tape.reshape(x, [n, inner, block, block, h, w]), [0, 1, 4, 2, 5, 3]);
  return site.tape.reshape(perm, [n, inner, h * block, w * block]);
};

const spaceToDepth: Mapping = (site) => {
  const x = site.input(0);
  const block = site.attributes.number('blocksize');
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const apart = site.tape.reshape(x, [n, c, h / block, block, w / block, block]);
  return site.tape.reshape(site.tape.transpose(apart, [0, 3, 5, 1, 2, 4]), [
    n,
    c * block * block,
    h / block,
    w / block,
  ]);
};

const transpose: Mapping = (site) => {
  const x = site.input(0);
  const perm = site.attributes.ints('perm') ?? [...x.shape.keys()].reverse();
  if (perm.length !== x.shape.length || new Set(perm).size !== perm.length)
    throw new RangeError(`perm ${perm} of a tensor of rank ${x.shape.length}`);
  return site.tape.transpose(x, perm);
};

export const LAYOUT: Readonly<Record<string, Mapping>> = {
  Reshape: reshape,
  Flatten: withShape((site, from) => flattened(from, site.attributes.number('axis', 1))),
  Squeeze: withShape((site, from) => squeezed(from, site.list(1, 'axes'))),
  Unsqueeze: withShape((site, from) => unsqueezed(from, site.list(1, 'axes') ?? [])),
  Transpose: transpose,
  Expand: expand,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Tile: tile,
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
