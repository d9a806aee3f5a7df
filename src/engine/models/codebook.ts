import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';

/** Distances of so many pairs are held at once: 32 MiB. */
const MOST_DISTANCES = 2 ** 23;

/** Of each row of x `[P,D]` the nearest row of a table `[M,D]`, by Euclidean distance: `[P,D]`. No gradient passes. */
export function nearestRows(tape: Tape, x: Value, table: FloatTensor): Value {
  const [count, width] = table.shape as [number, number];
  const rows = x.shape[0] ?? 0;
  const codes = tape.constant(table, 'codebook');
  // |x − e|² without |x|², which is the same for every e.
  const products = tape.constant(floatTensor([width, count], scaledTranspose(table, -2)), 'codebook');
  const squares = tape.constant(floatTensor([1, count], squaredNorms(table)), 'codebook');
  const part = Math.max(1, Math.floor(MOST_DISTANCES / count));
  const extents = Array.from({ length: Math.ceil(rows / part) }, (_, at) => Math.min(part, rows - at * part));
  const found = tape.split(x, extents, 0).map((chunk) => {
    const distances = tape.add(tape.matmul(chunk, products), squares);
    return tape.gatherRows(codes, tape.argMin(distances, 1));
  });
  return tape.concat(found, 0);
}

function scaledTranspose({ shape, data }: FloatTensor, scale: number): Float32Array {
  const [rows, width] = shape as [number, number];
  return Float32Array.from(data, (_, at) => scale * (data[(at % rows) * width + Math.floor(at / rows)] ?? 0));
}

function squaredNorms({ shape, data }: FloatTensor): Float32Array {
  const [rows, width] = shape as [number, number];
  return Float32Array.from({ length: rows }, (_, row) =>
    data.subarray(row * width, (row + 1) * width).reduce((sum, value) => sum + value * value, 0),
  );
}
