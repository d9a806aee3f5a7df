import type { Value } from '../graph/graph.js';
import type { Four, Two } from './definition.js';
import type { Tape } from './tape.js';

/**
 * ∂/∂w[o,c,i,j] = Σ g[o,y,x]·padded x[c, sh·y+i, sw·x+j] of a convolution, as products of matrices over the pixels. Operands:
 * x `[N,C,H,W]`, g `[N,O,gh,gw]`, the kernel's shape; pads top, left.
 */
export function kernelGradient(
  tape: Tape,
  x: Value,
  g: Value,
  kernel: Four,
  strides: Two,
  [top, left]: readonly [number, number, ...number[]],
): Value {
  const isPlain = strides[0] === 1 && strides[1] === 1;
  return isPlain
    ? shiftedBoth(tape, x, g, kernel, [top, left])
    : shiftedInput(tape, x, g, kernel, strides, [top, left]);
}

/**
 * At larger strides: one product over the whole batch for each kernel row and each sw kernel columns next to each other. With
 * channels last these columns and their channels are one piece of memory, so that a window is a copy of whole rows of pixels and
 * nothing steps over elements. Of 16 rows and 4×4 kernels at stride 2, with 6, 48 and 96 channels of 32², 16² and 8² pixels: 0.8, 1.5
 * and 1.7 ms, where windows of `[N,C,H,W]` took 1.7, 3.1 and 3.1, im2col and one product 1.0, 2.2 and 2.1.
 */
function shiftedInput(tape: Tape, x: Value, g: Value, [o, c, kh, kw]: Four, [sh, sw]: Two, [top, left]: Two): Value {
  const [n, , height, width] = x.shape as Four;
  const [, , gh, gw] = g.shape as Four;
  const pixels = n * gh * gw;
  const [rows, groups] = [(gh - 1) * sh + kh, Math.ceil(kw / sw)];
  const columns = (gw - 1 + groups) * sw;
  const last = tape.reshape(tape.transposeLast(tape.reshape(x, [n, c, height * width])), [n, height, width, c]);
  const fitted = tape.reshape(fitTo(tape, last, [top, left], [rows, columns]), [n, rows, columns / sw, sw * c]);
  const cotangent = tape.reshape(channelsFirst(tape, g), [o, pixels]);
  const products: Value[] = [];
  for (let row = 0; row < kh; row += 1) {
    for (let group = 0; group < groups; group += 1) {
      const taps = Math.min(sw, kw - group * sw);
      const end = row + (gh - 1) * sh + 1;
      const window = tape.slice(fitted, [row, group, 0], [end, group + gw, taps * c], [1, 2, 3], [sh, 1, 1]);
      products.push(tape.matmul(cotangent, tape.reshape(window, [pixels, taps * c])));
    }
  }
  return tape.transpose(tape.reshape(tape.concat(products, 1), [o, kh, kw, c]), [0, 3, 1, 2]);
}

/** Zeros put before the rows and columns of `[N,H,W,C]`, and after them or taken off there to get to `extents`. */
function fitTo(tape: Tape, x: Value, [top, left]: Two, [rows, columns]: Two): Value {
  const [, height, width] = x.shape as Four;
  const [bottom, right] = [rows - top - height, columns - left - width];
  const kept = tape.slice(x, [0, 0], [height + Math.min(0, bottom), width + Math.min(0, right)], [1, 2]);
  return tape.pad(kept, [0, top, left, 0, 0, Math.max(0, bottom), Math.max(0, right), 0]);
}

/** Up to this many pixels of g one product over the whole batch is fastest, above it one product a sample and a sum. */
const WHOLE_BATCH_PIXELS = 256;

/** At stride 1: kernel rows shift g, kernel columns shift x, so that kh + kw shifted copies do what the kh·kw copies of im2col do. */
function shiftedBoth(tape: Tape, x: Value, g: Value, [o, c, kh, kw]: Four, [top, left]: Two): Value {
  const [, , height] = x.shape as Four;
  const [, , gh, gw] = g.shape as Four;
  const whole = gh * gw <= WHOLE_BATCH_PIXELS;
  const [from, by] = whole ? [channelsFirst(tape, x), channelsFirst(tape, g)] : [x, g];
  // Rows of x that the kernel meets, of which the first one meets row `first` of g at kernel row 0.
  const first = Math.max(0, top);
  const begin = first - top;
  // Where the kernel meets padding alone it gets a row of it.
  const useful = Math.max(1, Math.min(height - begin, gh + kh - 1 - first));
  const columns = windows(tape, from, 3, range(kw, 1, -left), gw);
  const met = columns.map((column) => windows(tape, column, 2, [begin], useful)[0] as Value);
  const shifted = windows(tape, by, 2, range(kh, -1, first), useful);
  const product = pairwise(tape, shifted, met, whole);
  const flat = tape.reshape(tape.concat(tape.split(product, new Array(kh).fill(o), 0), 1), [o, kh * kw, c]);
  return tape.reshape(tape.transpose(flat, [0, 2, 1]), [o, c, kh, kw]);
}

function channelsFirst(tape: Tape, x: Value): Value {
  return tape.transpose(x, [1, 0, 2, 3]);
}

function range(count: number, step: number, first: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** For each start, `extent` elements along `axis`; zeros outside of x. */
function windows(tape: Tape, x: Value, axis: number, starts: readonly number[], extent: number): Value[] {
  const before = Math.max(0, -Math.min(...starts));
  const after = Math.max(0, Math.max(...starts) + extent - (x.shape[axis] ?? 0));
  const padded = tape.padAxis(x, axis, before, after);
  return starts.map((start) => {
    const end = start + extent;
    const inside = start >= 0 && end <= (x.shape[axis] ?? 0);
    return inside
      ? tape.slice(x, [start], [end], [axis])
      : tape.slice(padded, [start + before], [end + before], [axis]);
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
