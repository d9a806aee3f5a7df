import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { EngineError } from '../errors.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';

/**
 * The nearest matrix with orthonormal rows: (W·Wᵀ)^(−½)·W, computed in float64. `w` `[K,D]` with K ≤ D and full rank,
 * else INTERNAL_SERVER_ERROR. Unlike Gram–Schmidt it treats all rows alike.
 */
export function orthonormalRows(w: FloatTensor): FloatTensor {
  const [k, d] = w.shape as [number, number];
  const matrix = Matrix.from1DArray(k, d, w.data);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix.mmul(matrix.transpose()), {
    assumeSymmetric: true,
  });
  if (!realEigenvalues.every((value) => value > 1e-12)) {
    throw new EngineError(
      'INTERNAL_SERVER_ERROR',
      `direction matrix [${w.shape}] has lost rank: eigenvalues down to ${Math.min(...realEigenvalues)}.`,
    );
  }
  const scaled = eigenvectorMatrix.clone().mulRowVector(realEigenvalues.map((value) => 1 / Math.sqrt(value)));
  const rows = scaled.mmul(eigenvectorMatrix.transpose()).mmul(matrix);
  return floatTensor([k, d], Float32Array.from(rows.to1DArray()));
}

/**
 * One Newton–Schulz iteration towards orthonormal rows, 1.5·W − 0.5·W·Wᵀ·W. The identity to second order where rows are
 * orthonormal already, so that differentiating it projects the gradient on what keeps them so.
 */
export function newtonSchulz(tape: Tape, w: Value): Value {
  const cubic = tape.matmul(tape.matmul(w, tape.transposeLast(w)), w);
  return tape.sub(tape.mul(w, tape.scalar(1.5)), tape.mul(cubic, tape.scalar(0.5)));
}

/** Rows scaled to a root mean square of 1. */
export function unitRms(tape: Tape, u: Value): Value {
  return tape.div(u, tape.sqrt(tape.reduceMean(tape.mul(u, u), [-1])));
}

/** Rows scaled to length 1. */
export function unitLength(tape: Tape, u: Value): Value {
  return tape.div(u, tape.sqrt(tape.reduceSum(tape.mul(u, u), [-1])));
}

/** {@link unitRms} on the host. */
export function unitRmsRows(u: FloatTensor): FloatTensor {
  return scaledRows(u, (squares, width) => Math.sqrt(squares / width));
}

/** {@link unitLength} on the host. */
export function unitLengthRows(u: FloatTensor): FloatTensor {
  return scaledRows(u, Math.sqrt);
}

/** Rows over what `sizeOf` says of the sum of their squares. */
function scaledRows(u: FloatTensor, sizeOf: (squares: number, width: number) => number): FloatTensor {
  const [k, d] = u.shape as [number, number];
  const out = floatTensor(u.shape);
  for (let row = 0; row < k; row += 1) {
    const source = u.data.subarray(row * d, (row + 1) * d);
    const size = sizeOf(
      source.reduce((sum, value) => sum + value * value, 0),
      d,
    );
    out.data.set(
      source.map((value) => value / size),
      row * d,
    );
  }
  return out;
}
