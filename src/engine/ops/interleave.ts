import type { Value } from '../graph/graph.js';
import { floatTensor } from '../graph/tensor.js';
import { type Four, type OpDefinition, required } from './definition.js';
import type { Tape } from './tape.js';

/** Pixels of a row that one product puts in order. More cost more products, fewer more copies. */
const MAX_BLOCK = 32;
const MIN_BLOCK = 4;

/**
 * Four images `[N,C,H,W]`, of the even and odd rows and columns ((0,0), (0,1), (1,0), (1,1)), as one `[N,C,2H,2W]`. Columns are
 * put in order by a product with a permutation: ONNX Runtime's DepthToSpace, and the transpositions of its gradient, take seven
 * times as long on the CPU (1.95 and 2.54 ms for 2 MiB, two cores).
 */
export const Interleave: OpDefinition = {
  infer: ({ inputs }) => {
    const { shape, dtype } = required(inputs, 0);
    const [n, c, h, w] = shape as Four;
    const other = inputs.find((input) => input?.shape.join() !== shape.join());
    if (inputs.length !== 4 || other) throw new RangeError(`expected four of one shape, got [${other?.shape}]`);
    return [{ shape: [n, c, 2 * h, 2 * w], dtype }];
  },
  lower: (tape, inputs) => {
    const [a, b, c, d] = [0, 1, 2, 3].map((at) => required(inputs, at)) as [Value, Value, Value, Value];
    const [n, channels, h, w] = a.shape as Four;
    const block = blockOf(w);
    if (block === null) return tape.depthToSpace(tape.concat([a, b, c, d], 1), 2);
    const shape = [n, channels, h, 1, w / block, block];
    const row = (even: Value, odd: Value) => tape.concat([tape.reshape(even, shape), tape.reshape(odd, shape)], 5);
    const rows = tape.concat([row(a, b), row(c, d)], 3);
    const pairs = tape.reshape(rows, [n * channels * h * 2 * (w / block), 2 * block]);
    return tape.reshape(tape.matmul(pairs, order(tape, block, false)), [n, channels, 2 * h, 2 * w]);
  },
  gradient: ({ tape, cotangents }) => tape.deinterleave(required(cotangents, 0)),
};

/** The four images that {@link Interleave} makes `[N,C,2H,2W]` of. */
export const Deinterleave: OpDefinition = {
  infer: ({ inputs }) => {
    const { shape, dtype } = required(inputs, 0);
    const [n, c, h, w] = shape as Four;
    if (h % 2 !== 0 || w % 2 !== 0) throw new RangeError(`expected even rows and columns, got [${shape}]`);
    return Array.from({ length: 4 }, () => ({ shape: [n, c, h / 2, w / 2], dtype }));
  },
  lower: (tape, inputs) => {
    const x = required(inputs, 0);
    const [n, c, h, w] = x.shape.map((extent, axis) => (axis < 2 ? extent : extent / 2)) as Four;
    const block = blockOf(w);
    const image = (value: Value) => tape.reshape(value, [n, c, h, w]);
    if (block === null) {
      const phases = tape.transpose(tape.reshape(x, [n, c, h, 2, w, 2]), [3, 5, 0, 1, 2, 4]);
      return tape.split(tape.reshape(phases, [4, n, c, h, w]), [1, 1, 1, 1], 0).map(image);
    }
    const pairs = tape.matmul(tape.reshape(x, [n * c * h * 2 * (w / block), 2 * block]), order(tape, block, true));
    const rows = tape.split(tape.reshape(pairs, [n, c, h, 2, w / block, 2 * block]), [1, 1], 3);
    return rows.flatMap((row) => tape.split(row, [block, block], 5)).map(image);
  },
  gradient: ({ tape, node, cotangents }) => {
    const phases = node.outputs.map((output, at) => cotangents[at] ?? tape.zeros(output.shape));
    return [tape.interleave(phases as [Value, Value, Value, Value])];
  },
};

/** The largest divisor of `width` in the range; null if there is none. */
function blockOf(width: number): number | null {
  for (let block = Math.min(width, MAX_BLOCK); block >= MIN_BLOCK; block -= 1) if (width % block === 0) return block;
  return null;
}

/** The permutation that puts column i·block + j to 2·j + i, or back. */
function order(tape: Tape, block: number, isBack: boolean): Value {
  const matrix = new Float32Array(4 * block * block);
  for (let at = 0; at < 2 * block; at += 1) {
    const to = 2 * (at % block) + Math.floor(at / block);
    matrix[isBack ? to * 2 * block + at : at * 2 * block + to] = 1;
  }
  return tape.constant(floatTensor([2 * block, 2 * block], matrix), 'order');
}
