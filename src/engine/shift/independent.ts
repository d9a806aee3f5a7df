import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';
import { orthonormalRows } from './orthonormal.js';
import { turnLargestPositive } from './signs.js';

/** Effects below this share of the largest are taken apart by themselves, lest they count as much as strong ones. */
const STRONG = 0.15;
/** Effects below this share are taken for rounding. */
const NEGLIGIBLE = 1e-6;
const MAX_ITERATIONS = 200;
/** An iteration that turns every row by less than √(2·this) radians is the last. */
const TOLERANCE = 1e-5;

/**
 * Directions whose effects on images are independent of each other, from the effects of components `[M,n]`: rows of weights
 * `[M,M]` in units of the components, each of length 1, not orthogonal. A factor of variation changes few places, and those alone;
 * effects of mixtures of factors look more Gaussian. First the strong effects (from 0.15 of the largest on), then the faint
 * ones, either by the size of their effect. What has none at all comes last.
 */
export async function independentDirections(
  effects: FloatTensor,
  device: Device,
  between: Between,
): Promise<FloatTensor> {
  const [m = 0, n = 0] = effects.shape;
  const x = Matrix.from1DArray(m, n, effects.data);
  const { values, vectors } = principal(x.mmul(x.transpose()).div(n));
  const sizes = values.map((value) => Math.sqrt(Math.max(value, 0)));
  const atLeast = (share: number) => sizes.filter((size) => size > 0 && size >= share * (sizes[0] ?? 0)).length;
  const [strong, any] = [atLeast(STRONG), atLeast(NEGLIGIBLE)];
  const rows: Float32Array[] = [];
  for (const [from, to] of [[0, strong] as const, [strong, any] as const]) {
    if (to > from) rows.push(...(await takenApart(x, vectors.slice(from, to), sizes.slice(from, to), device, between)));
  }
  rows.push(...vectors.slice(any).map((row) => Float32Array.from(row)));
  for (const row of rows) turnLargestPositive([row]);
  const out = floatTensor([m, m]);
  rows.forEach((row, k) => {
    out.data.set(row, k * m);
  });
  return out;
}

/** Eigenvectors as rows, that of the largest eigenvalue first. */
function principal(symmetric: Matrix): { values: number[]; vectors: number[][] } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const order = [...realEigenvalues.keys()].sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  return {
    values: order.map((at) => realEigenvalues[at] ?? 0),
    vectors: order.map((at) => eigenvectorMatrix.getColumn(at)),
  };
}

/** Unit rows within the span of `vectors` whose effects are independent, that of the largest effect first. */
async function takenApart(
  x: Matrix,
  vectors: readonly (readonly number[])[],
  sizes: readonly number[],
  device: Device,
  between: Between,
): Promise<Float32Array[]> {
  const whitening = new Matrix(vectors.map((row, k) => row.map((value) => value / (sizes[k] ?? 1))));
  const z = whitening.mmul(x);
  const white = floatTensor([z.rows, z.columns], Float32Array.from(z.to1DArray()));
  const rotation = await independentRotation(white, device, between);
  const rows = Matrix.from1DArray(vectors.length, vectors.length, rotation.data).mmul(whitening);
  // The effect of a row is 1; that of a unit row is the smaller, the longer the row.
  return rows
    .to2DArray()
    .map((row) => ({ row, length: Math.hypot(...row) }))
    .sort((a, b) => a.length - b.length)
    .map(({ row, length }) => Float32Array.from(row, (value) => value / length));
}

/**
 * Independent component analysis of white signals `[r,n]`: the rotation `[r,r]` whose rows are least Gaussian. All rows at
 * once by the fixed-point iteration of Hyvärinen (1999, IEEE Transactions on Neural Networks 10(3), eq. 20) with
 * g(y) = y·exp(−y²/2), from the identity: the same signals give the same rotation.
 */
export async function independentRotation(z: FloatTensor, device: Device, between: Between): Promise<FloatTensor> {
  const [r = 0, n = 0] = z.shape;
  const session = await Session.create(iteration(r, n), device);
  let rotation = floatTensor([r, r]);
  for (let k = 0; k < r; k += 1) rotation.data[k * r + k] = 1;
  for (let turn = 0; turn < MAX_ITERATIONS; turn += 1) {
    await between();
    const { next } = (await session.run({ rotation, z })) as { next: FloatTensor };
    const turned = orthonormalRows(next);
    const change = largestTurn(turned, rotation);
    rotation = turned;
    if (change < TOLERANCE) break;
  }
  await session.release();
  return rotation;
}

/** E[g(Wz)·zᵀ] − diag(E[g′(Wz)])·W. */
function iteration(r: number, n: number) {
  const tape = new Tape();
  const rotation = tape.input('rotation', [r, r]);
  const z = tape.input('z', [r, n]);
  const y = tape.matmul(rotation, z);
  const square = tape.mul(y, y);
  const bell = tape.exp(tape.mul(square, tape.scalar(-0.5)));
  const slope = tape.reduceMean(tape.mul(tape.sub(tape.scalar(1), square), bell), [1]);
  const moment = tape.mul(tape.matmul(tape.mul(y, bell), tape.transposeLast(z)), tape.scalar(1 / n));
  return tape.graph({ next: tape.sub(moment, tape.mul(slope, rotation)) });
}

/** 1 − the smallest |cosine| between rows and what they were. */
function largestTurn(a: FloatTensor, b: FloatTensor): number {
  const [r = 0] = a.shape;
  const cosines = Array.from({ length: r }, (_, k) => {
    let dot = 0;
    for (let j = 0; j < r; j += 1) dot += (a.data[k * r + j] ?? 0) * (b.data[k * r + j] ?? 0);
    return Math.abs(dot);
  });
  return 1 - Math.min(...cosines);
}
