import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { FloatTensor } from '../graph/tensor.js';

/**
 * Kernel distance of two sets of features, rows `[n,d]` and `[m,d]` of at least two: the unbiased estimate of MMD² with the
 * cubic kernel (xᵀy/d + 1)³ (KID, arXiv 1801.01401, section 4). Around 0 for sets of one distribution, also below it.
 */
export function kernelDistance(a: FloatTensor, b: FloatTensor): number {
  return meanWithin(a) + meanWithin(b) - 2 * meanBetween(a, b);
}

/** Mean of k(x,y) over the pairs of different rows. */
function meanWithin(rows: FloatTensor): number {
  const [n = 0] = rows.shape;
  let sum = 0;
  for (let i = 0; i < n; i += 1) for (let j = 0; j < i; j += 1) sum += kernel(rows, i, rows, j);
  return (2 * sum) / (n * (n - 1));
}

function meanBetween(a: FloatTensor, b: FloatTensor): number {
  const [[n = 0], [m = 0]] = [a.shape, b.shape];
  let sum = 0;
  for (let i = 0; i < n; i += 1) for (let j = 0; j < m; j += 1) sum += kernel(a, i, b, j);
  return sum / (n * m);
}

function kernel(a: FloatTensor, i: number, b: FloatTensor, j: number): number {
  const d = a.shape[1] ?? 1;
  let dot = 0;
  for (let at = 0; at < d; at += 1) dot += (a.data[i * d + at] ?? 0) * (b.data[j * d + at] ?? 0);
  return (dot / d + 1) ** 3;
}

/**
 * Fréchet distance of two sets of features, rows `[n,d]` and `[m,d]` of at least two, each taken for a Gaussian:
 * ‖μ₁−μ₂‖² + Tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½) (arXiv 1706.08500, eq. 6). Biased upwards, the more the fewer rows there are: compare
 * only distances of equal n, m and d.
 */
export function frechetDistance(a: FloatTensor, b: FloatTensor): number {
  const [first, second] = [gaussian(a), gaussian(b)];
  const means = first.mean.reduce((sum, value, at) => sum + (value - (second.mean[at] ?? 0)) ** 2, 0);
  // Tr (Σ₁Σ₂)^½ = Tr (Σ₁^½·Σ₂·Σ₁^½)^½, whose argument is symmetric.
  const root = squareRoot(first.covariance);
  const cross = eigen(root.mmul(second.covariance).mmul(root)).values.reduce((sum, value) => sum + Math.sqrt(value), 0);
  return means + first.covariance.trace() + second.covariance.trace() - 2 * cross;
}

function gaussian({ shape, data }: FloatTensor): { mean: number[]; covariance: Matrix } {
  const [n, d] = shape as [number, number];
  const rows = Matrix.from1DArray(n, d, data);
  const mean = rows.mean('column');
  rows.subRowVector(mean);
  return {
    mean,
    covariance: rows
      .transpose()
      .mmul(rows)
      .div(n - 1),
  };
}

/** Of a symmetric positive semi-definite matrix. */
function squareRoot(matrix: Matrix): Matrix {
  const { values, vectors } = eigen(matrix);
  return vectors.clone().mulRowVector(values.map(Math.sqrt)).mmul(vectors.transpose());
}

/** Of a symmetric positive semi-definite matrix; what rounding made negative is 0. */
function eigen(matrix: Matrix): { values: number[]; vectors: Matrix } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  return { values: realEigenvalues.map((value) => Math.max(0, value)), vectors: eigenvectorMatrix };
}
