import { normals, STREAMS } from '../diffusion/random.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { orthonormalRows } from './orthonormal.js';

const MAX_ITERATIONS = 500;
/** |cosine| of a row with itself an iteration before, from which it counts as found. */
const CONVERGED = 1 - 1e-6;

/**
 * Independent component analysis: the rotation W `[M,M]` of whitened scores `[M,n]` (uncorrelated, variance 1) whose rows are
 * least Gaussian. Symmetric FastICA with the tanh contrast (Hyvärinen 1999, IEEE TNN 10(3), eq. 20 and 45), started from a
 * seeded rotation. Rows come in the order of their negentropy, largest first, each signed so that its skewness is positive.
 */
export function independentRows(scores: FloatTensor, seed: number): FloatTensor {
  const m = scores.shape[0] ?? 0;
  const key = { seed, stream: STREAMS.statistics, sample: 2, step: 0 };
  let w = orthonormalRows(floatTensor([m, m], normals(key, m * m)));
  for (let turn = 0; turn < MAX_ITERATIONS; turn += 1) {
    const next = orthonormalRows(fixedPointStep(w, scores));
    const isFound = leastAgreement(w, next) > CONVERGED;
    w = next;
    if (isFound) break;
  }
  return arranged(w, scores);
}

/** w ← E[z·g(wᵀz)] − E[g′(wᵀz)]·w for every row, g = tanh. */
function fixedPointStep({ shape, data: w }: FloatTensor, { shape: [, n = 0], data: z }: FloatTensor): FloatTensor {
  const [m = 0] = shape;
  const out = floatTensor(shape);
  for (let row = 0; row < m; row += 1) {
    const y = projection(w.subarray(row * m, (row + 1) * m), z, n);
    let slope = 0;
    for (let i = 0; i < n; i += 1) {
      const v = y[i] ?? 0;
      const cubic = process.env['G'] === 'cubic';
      const g = cubic ? v * v * v : Math.tanh(v);
      y[i] = g / n;
      slope += (cubic ? 3 * v * v : 1 - g * g) / n;
    }
    for (let j = 0; j < m; j += 1) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += (z[j * n + i] ?? 0) * (y[i] ?? 0);
      out.data[row * m + j] = sum - slope * (w[row * m + j] ?? 0);
    }
  }
  return out;
}

/** wᵀz for every sample, `[n]`. */
function projection(w: Float32Array, z: Float32Array, n: number): Float64Array {
  const y = new Float64Array(n);
  w.forEach((weight, j) => {
    for (let i = 0; i < n; i += 1) y[i] = (y[i] ?? 0) + weight * (z[j * n + i] ?? 0);
  });
  return y;
}

function leastAgreement(a: FloatTensor, b: FloatTensor): number {
  const [m = 0] = a.shape;
  let least = 1;
  for (let row = 0; row < m; row += 1) {
    let dot = 0;
    for (let j = 0; j < m; j += 1) dot += (a.data[row * m + j] ?? 0) * (b.data[row * m + j] ?? 0);
    least = Math.min(least, Math.abs(dot));
  }
  return least;
}

/** E[log cosh ν] of a standard normal ν. */
const GAUSSIAN_CONTRAST = 0.37457;

function arranged(w: FloatTensor, scores: FloatTensor): FloatTensor {
  const [m = 0] = w.shape;
  const n = scores.shape[1] ?? 0;
  const ranked = Array.from({ length: m }, (_, row) => {
    const weights = w.data.slice(row * m, (row + 1) * m);
    const y = projection(weights, scores.data, n);
    const contrast = y.reduce((sum, value) => sum + Math.log(Math.cosh(value)) / n, 0);
    const skewness = y.reduce((sum, value) => sum + value ** 3 / n, 0);
    return {
      negentropy: (contrast - GAUSSIAN_CONTRAST) ** 2,
      weights: skewness < 0 ? weights.map((value) => -value) : weights,
    };
  }).sort((a, b) => b.negentropy - a.negentropy);
  const out = floatTensor(w.shape);
  ranked.forEach(({ weights }, row) => {
    out.data.set(weights, row * m);
  });
  return out;
}
