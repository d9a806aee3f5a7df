import { type FloatTensor, floatTensor } from '../graph/tensor.js';

const MAX_SWEEPS = 100;
/** Radians: rotations below this are not made. */
const LEAST_ANGLE = 1e-3;
/** Angles tried on each side of 0 before the best one is refined; the contrast repeats every quarter turn. */
const GRID = 32;
const REFINEMENTS = 12;

/** E[u⁴], E[u³v], E[u²v²], E[uv³], E[v⁴] of a pair of signals. */
type FourthMoments = readonly [number, number, number, number, number];

/**
 * Independent component analysis of whitened scores `[M,n]` (uncorrelated, variance 1): the rotation W `[M,M]` whose rows are
 * most sub-Gaussian, that is, look most like bounded quantities that vary independently (a pose, a length, on and off).
 * Pairs are rotated in turn (Comon 1994, Signal Processing 36(3)) so that the sum of squared negative excess kurtoses
 * grows; positive ones do not count, since they come from outliers. Most sub-Gaussian first; the same scores give the same
 * rotation.
 */
export function independentRows(scores: FloatTensor): FloatTensor {
  const [m = 0, n = 0] = scores.shape;
  const signals = rowsOf(scores.data, m, n);
  const rotation = rowsOf(identity(m), m, m);
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep += 1) {
    let largest = 0;
    for (let p = 0; p < m; p += 1) {
      for (let q = p + 1; q < m; q += 1) {
        const angle = bestAngle(fourthMoments(signals[p] as Float64Array, signals[q] as Float64Array));
        if (Math.abs(angle) < LEAST_ANGLE) continue;
        largest = Math.max(largest, Math.abs(angle));
        for (const rows of [signals, rotation]) rotate(rows[p] as Float64Array, rows[q] as Float64Array, angle);
      }
    }
    if (largest === 0) break;
  }
  const order = [...signals.keys()].sort((a, b) => kurtosis(signals[a]) - kurtosis(signals[b]));
  const out = floatTensor([m, m]);
  order.forEach((from, row) => {
    out.data.set(rotation[from] as Float64Array, row * m);
  });
  return out;
}

function fourthMoments(u: Float64Array, v: Float64Array): FourthMoments {
  let [m40, m31, m22, m13, m04] = [0, 0, 0, 0, 0];
  for (let i = 0; i < u.length; i += 1) {
    const [a, b] = [u[i] ?? 0, v[i] ?? 0];
    const [aa, bb, ab] = [a * a, b * b, a * b];
    m40 += aa * aa;
    m31 += aa * ab;
    m22 += aa * bb;
    m13 += ab * bb;
    m04 += bb * bb;
  }
  const n = u.length;
  return [m40 / n, m31 / n, m22 / n, m13 / n, m04 / n];
}

/** Σ min(0, kurtosis − 3)² of the pair rotated by `angle`: u′ = u·cos + v·sin, v′ = v·cos − u·sin. */
function contrast([m40, m31, m22, m13, m04]: FourthMoments, angle: number): number {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [cc, ss, cs] = [c * c, s * s, c * s];
  const first = cc * cc * m40 + 4 * cc * cs * m31 + 6 * cc * ss * m22 + 4 * ss * cs * m13 + ss * ss * m04;
  const second = ss * ss * m40 - 4 * ss * cs * m31 + 6 * cc * ss * m22 - 4 * cc * cs * m13 + cc * cc * m04;
  return Math.min(0, first - 3) ** 2 + Math.min(0, second - 3) ** 2;
}

/** The angle in ±π/4 of the largest contrast: from a grid, then by halving steps. */
function bestAngle(moments: FourthMoments): number {
  let angle = 0;
  let best = contrast(moments, 0) + 1e-9;
  const attempt = (candidate: number) => {
    const value = contrast(moments, candidate);
    if (value > best) [best, angle] = [value, candidate];
  };
  for (let at = -GRID; at <= GRID; at += 1) attempt((at / GRID) * (Math.PI / 4));
  for (let turn = 1, step = Math.PI / (8 * GRID); turn <= REFINEMENTS; turn += 1, step /= 2) {
    const centre = angle;
    attempt(centre - step);
    attempt(centre + step);
  }
  return angle;
}

function rotate(u: Float64Array, v: Float64Array, angle: number): void {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  for (let i = 0; i < u.length; i += 1) {
    const [a, b] = [u[i] ?? 0, v[i] ?? 0];
    u[i] = c * a + s * b;
    v[i] = c * b - s * a;
  }
}

function kurtosis(signal: Float64Array = new Float64Array()): number {
  return signal.reduce((sum, value) => sum + value ** 4, 0) / signal.length;
}

function identity(m: number): Float32Array {
  return Float32Array.from({ length: m * m }, (_, at) => (at % (m + 1) === 0 ? 1 : 0));
}

function rowsOf(data: Float32Array, rows: number, width: number): Float64Array[] {
  return Array.from({ length: rows }, (_, row) => Float64Array.from(data.subarray(row * width, (row + 1) * width)));
}
