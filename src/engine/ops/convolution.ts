import type { Value } from '../graph/graph.js';
import { type OpDefinition, pairAttribute, quadAttribute, required } from './definition.js';
import type { Tape } from './tape.js';

type Four = [number, number, number, number];
type Two = [number, number];

/** Two-dimensional, no groups, no dilation. Operands: x `[N,C,H,W]`, w `[O,C,kh,kw]`, optional bias `[O]`; pads top, left, bottom, right. */
export const Conv: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const [x, w] = [required(inputs, 0), required(inputs, 1)];
    const [n, c, height, width] = x.shape as Four;
    const [o, channels, kh, kw] = w.shape as Four;
    if (c !== channels) throw new RangeError(`Conv: input has ${c} channels, weight [${w.shape}] expects ${channels}`);
    const [sh, sw] = pairAttribute(attributes, 'strides');
    const [top, left, bottom, right] = quadAttribute(attributes, 'pads');
    const extent = (size: number, pads: number, kernel: number, stride: number) =>
      Math.floor((size + pads - kernel) / stride) + 1;
    return [
      { shape: [n, o, extent(height, top + bottom, kh, sh), extent(width, left + right, kw, sw)], dtype: x.dtype },
    ];
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, w, g] = [required(node.inputs, 0), required(node.inputs, 1), required(cotangents, 0)];
    const strides = pairAttribute(node.attributes, 'strides');
    const pads = quadAttribute(node.attributes, 'pads');
    const hasBias = node.inputs.length > 2;
    return [
      needs(0) ? inputGradient(tape, g, w, x.shape as Four, strides, pads) : null,
      needs(1) ? correlate(tape, x, g, w.shape as Four, strides, pads) : null,
      ...(hasBias ? [needs(2) ? tape.reduceSum(g, [0, 2, 3], false) : null] : []),
    ];
  },
};

/** Adjoint of {@link Conv} in its input. Operands: x `[N,C,H,W]`, w `[C,O,kh,kw]`. */
export const ConvTranspose: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const [x, w] = [required(inputs, 0), required(inputs, 1)];
    const [n, , height, width] = x.shape as Four;
    const [, o, kh, kw] = w.shape as Four;
    const [sh, sw] = pairAttribute(attributes, 'strides');
    const [top, left, bottom, right] = quadAttribute(attributes, 'pads');
    const [eh, ew] = pairAttribute(attributes, 'output_padding');
    return [
      {
        shape: [n, o, (height - 1) * sh - top - bottom + kh + eh, (width - 1) * sw - left - right + kw + ew],
        dtype: x.dtype,
      },
    ];
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, w, g] = [required(node.inputs, 0), required(node.inputs, 1), required(cotangents, 0)];
    const strides = pairAttribute(node.attributes, 'strides');
    const pads = quadAttribute(node.attributes, 'pads');
    return [
      needs(0)
        ? tape.conv(g, w, null, {
            strides,
            pads: trimmed(g.shape as Four, x.shape as Four, w.shape as Four, strides, pads),
          })
        : null,
      needs(1) ? correlate(tape, g, x, w.shape as Four, strides, pads) : null,
    ];
  },
};

/** Pads whose end is cut so that the convolution gives exactly `target`'s extent (output padding adds rows nobody reads). */
function trimmed(from: Four, target: Four, kernel: Four, strides: Two, [top, left]: Four): Four {
  const end = (size: number, begin: number, axis: 0 | 1) =>
    (target[axis + 2]! - 1) * strides[axis] + kernel[axis + 2]! - size - begin;
  return [top, left, end(from[2], top, 0), end(from[3], left, 1)];
}

/** ∂/∂x of a convolution. At stride 1 a convolution with flipped, transposed weights: ConvTranspose runs 1.5–2.3 times as long. */
function inputGradient(tape: Tape, g: Value, w: Value, [, , height, width]: Four, strides: Two, pads: Four): Value {
  const [, , kh, kw] = w.shape as Four;
  const [, , gh, gw] = g.shape as Four;
  const [top, left] = pads;
  if (strides[0] === 1 && strides[1] === 1) {
    const flipped = tape.flip(tape.transpose(w, [1, 0, 2, 3]), [2, 3]);
    return tape.conv(g, flipped, null, {
      strides,
      pads: [kh - 1 - top, kw - 1 - left, height + top - gh, width + left - gw],
    });
  }
  const [bottom, right] = [pads[2], pads[3]];
  const covered = (extent: number, stride: number, begin: number, end: number, kernel: number) =>
    (extent - 1) * stride - begin - end + kernel;
  return tape.convTranspose(g, w, {
    strides,
    pads,
    outputPadding: [
      height - covered(gh, strides[0], top, bottom, kh),
      width - covered(gw, strides[1], left, right, kw),
    ],
  });
}

/** Up to this many pixels of g one product over the whole batch is fastest, above it one product a sample and a sum. */
const WHOLE_BATCH_PIXELS = 256;

/**
 * ∂/∂w[o,c,i,j] = Σ g[o,y,x]·padded x[c, sh·y+i, sw·x+j], as products of matrices over the pixels. Kernel rows shift g, kernel
 * columns shift x, so that kh + kw shifted copies do what the kh·kw copies of im2col do. Rows sh apart share those of x.
 */
function correlate(tape: Tape, x: Value, g: Value, [o, c, kh, kw]: Four, strides: Two, [top, left]: Four): Value {
  const [, , height] = x.shape as Four;
  const [, , gh, gw] = g.shape as Four;
  const whole = gh * gw <= WHOLE_BATCH_PIXELS;
  const [from, by] = whole ? [channelsFirst(tape, x), channelsFirst(tape, g)] : [x, g];
  const [sh, sw] = strides;
  const columns = windows(tape, from, 3, range(kw, 1, -left), gw, sw);
  const rows: Value[] = [];
  for (let phase = 0; phase < Math.min(sh, kh); phase += 1) {
    const kernelRows = Math.ceil((kh - phase) / sh);
    // Rows of x that this phase meets, of which the first one meets row `first` of g at kernel row `phase`.
    const first = Math.ceil((top - phase) / sh);
    const begin = first * sh + phase - top;
    const useful = Math.min(Math.ceil((height - begin) / sh), gh + kernelRows - 1 - first);
    // Kernel rows that meet padding alone get a row of it.
    const count = Math.max(1, useful);
    const met = columns.map((column) => windows(tape, column, 2, [begin], count, sh)[0] as Value);
    const shifted = windows(tape, by, 2, range(kernelRows, -1, first), count, 1);
    const product = pairwise(tape, shifted, met, whole);
    tape.split(product, new Array(kernelRows).fill(o), 0).forEach((row, index) => {
      rows[index * sh + phase] = row;
    });
  }
  const flat = tape.reshape(tape.concat(rows, 1), [o, kh * kw, c]);
  return tape.reshape(tape.transpose(flat, [0, 2, 1]), [o, c, kh, kw]);
}

function channelsFirst(tape: Tape, x: Value): Value {
  return tape.transpose(x, [1, 0, 2, 3]);
}

function range(count: number, step: number, first: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** For each start, `extent` elements along `axis`, `step` apart; zeros outside of x. */
function windows(tape: Tape, x: Value, axis: number, starts: readonly number[], extent: number, step: number): Value[] {
  const before = Math.max(0, -Math.min(...starts));
  const after = Math.max(0, Math.max(...starts) + (extent - 1) * step + 1 - (x.shape[axis] ?? 0));
  const padded = tape.padAxis(x, axis, before, after);
  return starts.map((start) => {
    const end = start + (extent - 1) * step + 1;
    const inside = start >= 0 && end <= (x.shape[axis] ?? 0);
    return inside
      ? tape.slice(x, [start], [end], [axis], [step])
      : tape.slice(padded, [start + before], [end + before], [axis], [step]);
  });
}

/**
 * Products of every `a` with every `b` over batch and pixels: `[ΣA, ΣB]` of `[N,A,H,W]` and `[N,B,H,W]` each, of `[A,N,H,W]` and
 * `[B,N,H,W]` where `whole`. The side with fewer channels is stacked to one matrix.
 */
function pairwise(tape: Tape, a: readonly Value[], b: readonly Value[], whole: boolean): Value {
  const axis = whole ? 0 : 1;
  const channels = (parts: readonly Value[]) => parts[0]?.shape[axis] ?? 0;
  const flat = (value: Value) => {
    const pixels = value.shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
    return tape.reshape(value, [...value.shape.slice(0, axis + 1), pixels]);
  };
  const product = (left: Value, right: Value) => {
    const made = tape.matmul(flat(left), tape.transposeLast(flat(right)));
    return whole ? made : tape.reduceSum(made, [0], false);
  };
  const stackA = channels(a) <= channels(b);
  const stacked = tape.concat(stackA ? a : b, axis);
  return stackA
    ? tape.concat(
        b.map((part) => product(stacked, part)),
        1,
      )
    : tape.concat(
        a.map((part) => product(part, stacked)),
        0,
      );
}
