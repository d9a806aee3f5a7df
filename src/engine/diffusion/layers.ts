import type { Value } from '../graph/graph.js';
import { floatTensor, lazyTensor, sizeOf } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import { applies } from '../passes.js';

/** Weight and bias of a layer. */
export interface Affine {
  readonly weight: Value;
  readonly bias: Value;
}

/**
 * Over groups of channels of `[N,C,…]` (arXiv 1803.08494). Statistics are taken by channel, and combined by group where they are few:
 * what reads pixels does not depend on how they lie in memory.
 */
export function groupNorm(tape: Tape, x: Value, groups: number, epsilon: number, { weight, bias }: Affine): Value {
  const [n, c, ...pixels] = x.shape as [number, number, ...number[]];
  const image = pixels.length === 0 ? tape.reshape(x, [n, c, 1]) : x;
  const moments = tape.channelMoments(image, image);
  const grouping = { groups, epsilon, pixels: sizeOf(pixels) };
  const operands = groupAffine(tape, moments, grouping, { weight, bias });
  return tape.reshape(tape.groupNormAffine({ x: image, weight, bias, ...operands }), x.shape);
}

export interface Grouping {
  readonly groups: number;
  readonly epsilon: number;
  /** Of each channel. */
  readonly pixels: number;
}

/**
 * The affine map that normalises groups, from the means and the sums of squares of their channels, `[N,C]` each: slope and offset, −mean and
 * variance + ε of each channel's group, all `[N,C]`. As products with a matrix, which takes few operators: their number is what small tensors cost.
 */
export function groupAffine(
  tape: Tape,
  [mean, squares]: readonly [Value, Value],
  { groups, epsilon, pixels }: Grouping,
  { weight, bias }: Affine,
) {
  const means = tape.groupMeans(mean.shape[1] ?? 1, groups);
  const lessMean = tape.gemm(mean, means, { alpha: -1 });
  const squared = tape.mul(lessMean, lessMean);
  const spread = tape.gemm(squares, means, { alpha: 1 / pixels, beta: -1, summand: squared });
  // Rounding may leave a little less than nothing.
  const variance = tape.add(tape.relu(spread), tape.scalar(epsilon));
  const slope = tape.div(weight, tape.sqrt(variance));
  const offset = tape.add(bias, tape.mul(lessMean, slope));
  return { slope, offset, lessMean, variance, means };
}

/** y = x·Wᵀ + b over the last axis; W `[out,in]` as PyTorch stores it. */
export function linear(tape: Tape, x: Value, { weight, bias }: Affine): Value {
  return tape.add(tape.matmul(x, tape.transposeLast(weight)), bias);
}

/** 3×3 convolution that keeps the image's extent. */
export function conv3x3(tape: Tape, x: Value, { weight, bias }: Affine): Value {
  return tape.conv(x, weight, bias, { pads: [1, 1, 1, 1] });
}

/**
 * Nearest-neighbour upsampling by 2 and a 3×3 convolution as four 2×2 convolutions on the small image, one for each
 * output phase, interleaved: 16 products an output where the plain form takes 36.
 */
export function upsampleConv(tape: Tape, x: Value, { weight, bias }: Affine): Value {
  if (!applies('sub-pixel')) return conv3x3(tape, upsampleNearest(tape, x), { weight, bias });
  const phases = phaseKernels(tape, weight).map((kernel, phase) => {
    const [row, column] = [Math.floor(phase / 2), phase % 2];
    // Phase 0 sees the source pixel and the one before it, phase 1 the one after it.
    return tape.conv(x, kernel, bias, { pads: [1 - row, 1 - column, row, column] });
  });
  return tape.interleave(phases as [Value, Value, Value, Value]);
}

/** For each phase (0,0) … (1,1), taps of the 3×3 kernel that meet the same source pixel, added up: `[O,C,2,2]`. */
function phaseKernels(tape: Tape, weight: Value): Value[] {
  const [o, c] = weight.shape as [number, number];
  const kernel = tape.constants.get(weight.name);
  if (kernel?.dtype === 'float32') {
    const folded = (phase: number) => foldTaps(kernel.data as Float32Array, o * c, phase);
    return [0, 1, 2, 3].map((phase) =>
      tape.constant(
        lazyTensor([o, c, 2, 2], () => folded(phase)),
        'phase',
      ),
    );
  }
  // A trained weight: the folding is linear, and recorded as a product so that it is differentiated.
  const table = tape.constant(floatTensor([9, 16], foldingTable()), 'folding');
  const folded = tape.reshape(tape.matmul(tape.reshape(weight, [o * c, 9]), table), [o, c, 4, 4]);
  const phases = tape.split(tape.transpose(folded, [2, 0, 1, 3]), [1, 1, 1, 1], 0);
  return phases.map((phase) => tape.reshape(phase, [o, c, 2, 2]));
}

/** Which of the two source rows (columns) of a phase a kernel row (column) meets. */
function sourceOf(phase: number, tap: number): number {
  return phase === 0 ? Number(tap > 0) : Number(tap > 1);
}

/** `[9 taps, 4 phases × 4 source pixels]` of ones and zeros. */
function foldingTable(): Float32Array {
  const table = new Float32Array(9 * 16);
  for (let tap = 0; tap < 9; tap += 1) {
    for (let phase = 0; phase < 4; phase += 1) {
      const row = sourceOf(Math.floor(phase / 2), Math.floor(tap / 3));
      table[tap * 16 + phase * 4 + row * 2 + sourceOf(phase % 2, tap % 3)] = 1;
    }
  }
  return table;
}

/** The same product for `planes` constant kernels and one phase: `[planes,2,2]`. */
function foldTaps(kernel: Float32Array, planes: number, phase: number): Float32Array {
  const table = foldingTable();
  const out = new Float32Array(planes * 4);
  for (let at = 0; at < out.length; at += 1) {
    for (let tap = 0; tap < 9; tap += 1) {
      const weight = kernel[Math.floor(at / 4) * 9 + tap] ?? 0;
      if (table[tap * 16 + phase * 4 + (at % 4)]) out[at] = (out[at] ?? 0) + weight;
    }
  }
  return out;
}

/** Mean over 2×2 pixels. */
export function averagePool(tape: Tape, x: Value): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return tape.reduceMean(tape.reshape(x, [n, c, h / 2, 2, w / 2, 2]), [3, 5], false);
}

/** Each pixel four times. */
export function upsampleNearest(tape: Tape, x: Value): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const spread = tape.expand(tape.reshape(x, [n, c, h, 1, w, 1]), [n, c, h, 2, w, 2]);
  return tape.reshape(spread, [n, c, 2 * h, 2 * w]);
}

/** x·Φ(x) with the normal distribution Φ (arXiv 1606.08415). */
function gelu(tape: Tape, x: Value): Value {
  const normal = tape.add(tape.erf(tape.mul(x, tape.scalar(Math.SQRT1_2))), tape.scalar(1));
  return tape.mul(tape.mul(x, tape.scalar(0.5)), normal);
}

export type Activation = 'silu' | 'mish' | 'gelu' | 'relu';

export function activate(tape: Tape, x: Value, activation: Activation): Value {
  if (activation === 'gelu') return gelu(tape, x);
  if (activation === 'mish') return mish(tape, x);
  return activation === 'relu' ? tape.relu(x) : tape.silu(x);
}

/** x·tanh(softplus(x)) (arXiv 1908.08681). */
function mish(tape: Tape, x: Value): Value {
  return tape.mul(x, tape.tanh(tape.softplus(x)));
}

/**
 * Self-attention over the pixels of `[N,C,H,W]` normalised by the caller: softmax(q·kᵀ/√d)·v (arXiv 1706.03762, eq. 1),
 * `heads` heads, together as wide as the weights make them. Channels stay before pixels, so that nothing is transposed but
 * inside of products.
 */
export function attention(
  tape: Tape,
  x: Value,
  heads: number,
  parts: { query: Affine; key: Affine; value: Affine; out: Affine },
): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [pixels, inner] = [h * w, parts.query.weight.shape[0] ?? c];
  const width = inner / heads;
  const columns = tape.reshape(x, [n, c, pixels]);
  const project = ({ weight, bias }: Affine, from: Value) =>
    tape.add(tape.matmul(weight, from), tape.reshape(bias, [weight.shape[0] ?? 1, 1]));
  // One product for the three.
  const three = [parts.query, parts.key, parts.value];
  const stack = (name: keyof Affine) =>
    tape.concat(
      three.map((affine) => affine[name]),
      0,
    );
  const projected = project({ weight: stack('weight'), bias: stack('bias') }, columns);
  const [query, key, value] = tape
    .split(projected, [inner, inner, inner], 1)
    .map((part) => tape.reshape(part, [n, heads, width, pixels])) as [Value, Value, Value];
  const scores = tape.matmul(tape.transposeLast(tape.mul(query, tape.scalar(1 / Math.sqrt(width)))), key);
  const mixed = tape.matmul(value, tape.transposeLast(tape.softmax(scores)));
  return tape.reshape(project(parts.out, tape.reshape(mixed, [n, inner, pixels])), [n, c, h, w]);
}
