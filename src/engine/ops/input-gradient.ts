import type { Value } from '../graph/graph.js';
import { sizeOf } from '../graph/tensor.js';
import type { Four, Two } from './definition.js';
import type { Tape } from './tape.js';

/** What the gradient of a convolution is made of: its kernel `[O,C,kh,kw]`, the shape `[N,C,H,W]` of its input, strides and pads. */
export interface Convolution {
  readonly kernel: Value;
  readonly shape: Four;
  readonly strides: Two;
  readonly pads: Four;
}

/**
 * ∂/∂x of a convolution from g `[N,O,gh,gw]`. At stride 1 a convolution with flipped, transposed weights: ConvTranspose runs 1.5–2.3
 * times as long.
 */
export function inputGradient(tape: Tape, g: Value, convolution: Convolution): Value {
  const { kernel, shape, strides, pads } = convolution;
  const [, , height, width] = shape;
  const [, , kh, kw] = kernel.shape as Four;
  const [, , gh, gw] = g.shape as Four;
  const [top, left, bottom, right] = pads;
  if (strides[0] === 1 && strides[1] === 1) {
    const flipped = tape.flip(tape.transpose(kernel, [1, 0, 2, 3]), [2, 3]);
    return tape.conv(g, flipped, null, {
      strides,
      pads: [kh - 1 - top, kw - 1 - left, height + top - gh, width + left - gw],
    });
  }
  if (isFasterByPhase(g, convolution)) return byPhase(tape, g, convolution);
  const covered = (extent: number, stride: number, begin: number, end: number, size: number) =>
    (extent - 1) * stride - begin - end + size;
  return tape.convTranspose(g, kernel, {
    strides,
    pads,
    outputPadding: [
      height - covered(gh, strides[0], top, bottom, kh),
      width - covered(gw, strides[1], left, right, kw),
    ],
  });
}

/** ConvTranspose multiplies sample by sample, which takes long where all of the kernel meets so few pixels… */
const FEW_PIXELS = 16;
/** …and the batch has so many. */
const MANY_PIXELS = 128;

function isFasterByPhase(g: Value, { kernel, shape, strides: [sh, sw] }: Convolution): boolean {
  const [n, , gh, gw] = g.shape as Four;
  const [, , height, width] = shape;
  const [, , kh, kw] = kernel.shape as Four;
  const isWhole = height % sh === 0 && width % sw === 0 && kh >= sh && kw >= sw;
  return isWhole && gh * gw <= FEW_PIXELS && n * gh * gw >= MANY_PIXELS;
}

/** Pixels of one phase along one axis: which kernel elements they meet, and how far from themselves in g. */
type Taps = readonly { readonly tap: number; readonly shift: number }[];

/**
 * Pixels that lie whole strides apart, a phase of x, meet the same elements of the kernel: for each of these one product of g,
 * shifted, over the whole batch. Channels come last, so that shifts are copies of rows of pixels. With 96 and 192 channels and 4×4
 * kernels at stride 2, 4² pixels of g: 1.1, 1.7 and 3.2 ms for 8, 16 and 32 samples where ConvTranspose takes 1.3, 2.6 and 5.3; as
 * long as it for 8² pixels, and 1.2 times as long for 4 samples.
 */
function byPhase(tape: Tape, g: Value, { kernel, shape, strides, pads: [top, left] }: Convolution): Value {
  const [n, c, height, width] = shape;
  const [o, , kh, kw] = kernel.shape as Four;
  const [rows, columns] = [height / strides[0], width / strides[1]];
  const flat = tape.transposeLast(tape.reshape(kernel, [o * c, kh * kw]));
  // Not a split: WebGPU binds no more than twelve outputs to a shader.
  const taps = Array.from({ length: kh * kw }, (_, tap) =>
    tape.reshape(tape.slice(flat, [tap], [tap + 1], [0]), [o, c]),
  );
  const [vertical, horizontal] = [phases(kh, strides[0], top), phases(kw, strides[1], left)];
  const shifted = shiftedPixels(tape, g, [rows, columns], [vertical.flat(), horizontal.flat()]);
  const made = vertical.map((down) => {
    const across = horizontal.map((right) => {
      const products = down.flatMap((row) =>
        right.map((column) => tape.matmul(shifted(row.shift, column.shift), taps[row.tap * kw + column.tap] as Value)),
      );
      return products.reduce((sum, product) => tape.add(sum, product));
    });
    return tape.reshape(tape.concat(across, 1), [n, rows, 1, width * c]);
  });
  const last = tape.reshape(tape.concat(made, 2), [n, height * width, c]);
  return tape.reshape(tape.transposeLast(last), shape);
}

/** The phases of x along an axis, its first pixel's first: pixel r meets element k of the kernel where r + begin − k is s·y. */
function phases(size: number, stride: number, begin: number): Taps[] {
  return Array.from({ length: stride }, (_, first) => {
    const met = (first + begin) % stride;
    const count = Math.ceil((size - met) / stride);
    return Array.from({ length: count }, (_, index) => {
      const tap = met + index * stride;
      return { tap, shift: (first + begin - tap) / stride };
    });
  });
}

/** g with its channels last, `[N·rows·columns, O]`, moved up and left by a shift; zeros where it has no pixels. */
function shiftedPixels(tape: Tape, g: Value, [rows, columns]: Two, [down, right]: readonly [Taps, Taps]) {
  const [n, o, gh, gw] = g.shape as Four;
  const last = tape.reshape(tape.transposeLast(tape.reshape(g, [n, o, gh * gw])), [n, gh, gw, o]);
  const margins = (taps: Taps, extent: number, covered: number): Two => {
    const shifts = taps.map(({ shift }) => shift);
    return [Math.max(0, -Math.min(...shifts)), Math.max(0, Math.max(...shifts) + covered - extent)];
  };
  const [above, below] = margins(down, gh, rows);
  const [before, after] = margins(right, gw, columns);
  const padded = tape.pad(last, [0, above, before, 0, 0, below, after, 0]);
  const known = new Map<string, Value>();
  return (y: number, x: number): Value => {
    const key = `${y},${x}`;
    const [from, at] = [y + above, x + before];
    const copy = () => tape.slice(padded, [from, at], [from + rows, at + columns], [1, 2]);
    const value = known.get(key) ?? tape.reshape(copy(), [sizeOf([n, rows, columns]), o]);
    known.set(key, value);
    return value;
  };
}
