import type { Value } from '../graph/graph.js';
import { lazyTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';

/** Weight and bias of a layer. */
export interface Affine {
  readonly weight: Value;
  readonly bias: Value;
}

/**
 * Over groups of channels of `[N,C,H,W]` (arXiv 1803.08494). Normalised by LayerNormalization with scale 1, whose output
 * and statistics the backward pass reuses.
 */
export function groupNorm(tape: Tape, x: Value, groups: number, epsilon: number, { weight, bias }: Affine): Value {
  const [n, c] = x.shape as [number, number];
  const size = x.shape.slice(1).reduce((product, extent) => product * extent, 1) / groups;
  const grouped = tape.reshape(x, [n, groups, size]);
  const [normalised] = tape.layerNormalization(grouped, tape.ones([size]), null, -1, epsilon);
  const perChannel = [1, c, ...x.shape.slice(2).map(() => 1)];
  const scaled = tape.mul(tape.reshape(normalised, x.shape), tape.reshape(weight, perChannel));
  return tape.add(scaled, tape.reshape(bias, perChannel));
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
 * output phase, interleaved by DepthToSpace: 16 products an output where the plain form takes 36. Needs constant weights.
 */
export function upsampleConv(tape: Tape, x: Value, { weight, bias }: Affine): Value {
  const kernel = tape.constants.get(weight.name);
  if (kernel?.dtype !== 'float32') return plainUpsampleConv(tape, x, { weight, bias });
  const [o, c] = weight.shape as [number, number];
  const phases = [0, 1].flatMap((row) =>
    [0, 1].map((column) => {
      const taps = () => phaseKernel(kernel.data as Float32Array, o * c, row, column);
      const folded = tape.constant(lazyTensor([o, c, 2, 2], taps), 'phase');
      // Phase 0 sees the source pixel and the one before it, phase 1 the one after it.
      return tape.conv(x, folded, bias, { pads: [1 - row, 1 - column, row, column] });
    }),
  );
  return tape.depthToSpace(tape.concat(phases, 1), 2);
}

/** Taps of a 3×3 kernel that meet the same source pixel, added up: `[planes,2,2]`. */
function phaseKernel(kernel: Float32Array, planes: number, row: number, column: number): Float32Array {
  const out = new Float32Array(planes * 4);
  const source = (phase: number, tap: number) => (phase === 0 ? (tap === 0 ? 0 : 1) : tap === 2 ? 1 : 0);
  for (let plane = 0; plane < planes; plane += 1) {
    for (let tap = 0; tap < 9; tap += 1) {
      const at = plane * 4 + source(row, Math.floor(tap / 3)) * 2 + source(column, tap % 3);
      out[at] = (out[at] ?? 0) + (kernel[plane * 9 + tap] ?? 0);
    }
  }
  return out;
}

function plainUpsampleConv(tape: Tape, x: Value, affine: Affine): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const spread = tape.expand(tape.reshape(x, [n, c, h, 1, w, 1]), [n, c, h, 2, w, 2]);
  return conv3x3(tape, tape.reshape(spread, [n, c, h * 2, w * 2]), affine);
}

/**
 * Self-attention over the pixels of `[N,C,H,W]` normalised by the caller; one product for query, key and value.
 * softmax(q·kᵀ/√d)·v (arXiv 1706.03762, eq. 1), `heads` heads.
 */
export function attention(
  tape: Tape,
  x: Value,
  heads: number,
  parts: { query: Affine; key: Affine; value: Affine; out: Affine },
): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [pixels, width] = [h * w, c / heads];
  const tokens = tape.transpose(tape.reshape(x, [n, c, pixels]), [0, 2, 1]);
  const split = (affine: Affine) =>
    tape.transpose(tape.reshape(linear(tape, tokens, affine), [n, pixels, heads, width]), [0, 2, 1, 3]);
  const [query, key, value] = [split(parts.query), split(parts.key), split(parts.value)];
  const scores = tape.matmul(tape.mul(query, tape.scalar(1 / Math.sqrt(width))), tape.transposeLast(key));
  const mixed = tape.transpose(tape.matmul(tape.softmax(scores), value), [0, 2, 1, 3]);
  const projected = linear(tape, tape.reshape(mixed, [n, pixels, c]), parts.out);
  return tape.reshape(tape.transpose(projected, [0, 2, 1]), [n, c, h, w]);
}
