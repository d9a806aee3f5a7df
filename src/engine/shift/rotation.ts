import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import { type SamplingStep, samplingPlan } from '../diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from '../diffusion/step.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';
import { independentRows } from './independent.js';
import { interpolated } from './interpolation.js';
import { orthonormalRows } from './orthonormal.js';

/** Samples whose scores are analysed, and sampling steps of each. */
export const ROTATION_SAMPLES = 2048;
export const ROTATION_STEPS = 5;
/** Leading components that are rotated; more of them are found less well from so many samples (docs/quality.md). */
const ROTATED = 12;
const BATCH = 8;

/** Joint principal components `[T, M, Ch·Hh·Wh]` and their timesteps. */
export interface Components {
  readonly timesteps: readonly number[];
  readonly components: FloatTensor;
}

/**
 * Directions in units of the components: orthonormal rows `[M,M]`, the first twelve as independent of each other as can be.
 * The components came from few samples, so they are measured anew on 2,048 others, within what they span: first principal
 * components, then independent component analysis of the leading ones. Rows behind those are principal, by variance.
 */
export async function measureRotation(
  model: DiffusionModel,
  components: Components,
  device: Device,
  between: Between,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<FloatTensor> {
  const plan = samplingPlan(model.schedule, Math.min(ROTATION_STEPS, model.schedule.trainTimesteps));
  const bases = plan.map(({ timestep }) => interpolated(components.components, components.timesteps, timestep));
  const lengths = lengthsOf(bases);
  const along = await recordScores(model, plan, bases, device, between, onProgress);
  // ⟨h, b⟩/‖b‖ for every component: h in units of its own.
  along.data.forEach((value, at) => {
    along.data[at] = value / (lengths[Math.floor(at / ROTATION_SAMPLES)] ?? 1);
  });
  return directionsOf(along, lengths);
}

/** Orthonormal rows from h along each component, `[M,n]`, and the components' lengths. */
export function directionsOf(along: FloatTensor, lengths: readonly number[]): FloatTensor {
  const [m = 0, n = 0] = along.shape;
  const y = Matrix.from1DArray(m, n, along.data);
  y.subColumnVector(y.mean('row'));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(y.mmul(y.transpose()).div(n), {
    assumeSymmetric: true,
  });
  const order = [...realEigenvalues.keys()].sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  const deviations = order.map((at) => Math.sqrt(Math.max(realEigenvalues[at] ?? 0, 0)));
  // Row j: what one standard deviation of principal component j is, in units of the given components.
  const principal = new Matrix(
    order.map((at, j) => eigenvectorMatrix.getColumn(at).map((v, i) => (v * (deviations[j] ?? 0)) / (lengths[i] ?? 1))),
  );
  // Fewer where h spans less; directions that nothing varies along are left to the completion.
  const leading = Math.min(ROTATED, deviations.filter((value) => value > 1e-6 * (deviations[0] ?? 0)).length);
  if (leading === 0) return completed([], Matrix.eye(m).to2DArray());
  const axes = new Matrix(order.slice(0, leading).map((at) => eigenvectorMatrix.getColumn(at)));
  const scores = axes.mmul(y).mulColumnVector(deviations.slice(0, leading).map((value) => 1 / Math.max(value, 1e-12)));
  const rotation = independentRows(floatTensor([leading, n], Float32Array.from(scores.to1DArray())));
  const first = Matrix.from1DArray(leading, leading, rotation.data).mmul(principal.subMatrix(0, leading - 1, 0, m - 1));
  const independent = orthonormalRows(floatTensor([leading, m], Float32Array.from(first.to1DArray())));
  return completed(Matrix.from1DArray(leading, m, independent.data).to2DArray(), principal.to2DArray().slice(leading));
}

/** Gram–Schmidt: as many of `more`, and then of the unit vectors, as it takes to fill the space. */
function completed(rows: readonly number[][], more: readonly (readonly number[])[]): FloatTensor {
  const m = more[0]?.length ?? rows.length;
  const found = [...rows];
  for (const candidate of [...more, ...Matrix.eye(m).to2DArray()]) {
    if (found.length === m) break;
    let rest = [...candidate];
    const length = Math.hypot(...rest);
    for (const row of [...found, ...found]) {
      const dot = row.reduce((sum, value, at) => sum + value * (rest[at] ?? 0), 0);
      rest = rest.map((value, at) => value - dot * (row[at] ?? 0));
    }
    const left = Math.hypot(...rest);
    if (left > 1e-3 * length && length > 0) found.push(rest.map((value) => value / left));
  }
  return floatTensor([m, m], Float32Array.from(found.flat()));
}

/** √Σ_t ‖b_m(t)‖² of every component. */
function lengthsOf(bases: readonly FloatTensor[]): number[] {
  const [m = 0, width = 0] = bases[0]?.shape ?? [];
  return Array.from({ length: m }, (_, component) => {
    const squares = bases.reduce(
      (sum, { data }) =>
        data.subarray(component * width, (component + 1) * width).reduce((total, v) => total + v * v, sum),
      0,
    );
    return Math.max(Math.sqrt(squares), 1e-12);
  });
}

/** Σ_t ⟨h_t, b_m(t)⟩ of every sample, `[M,n]`. */
async function recordScores(
  model: DiffusionModel,
  plan: readonly SamplingStep[],
  bases: readonly FloatTensor[],
  device: Device,
  between: Between,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<FloatTensor> {
  const [count = 0, width = 0] = bases[0]?.shape ?? [];
  const tape = new Tape();
  const { xNext, h } = recordStep(tape, model, stepInputs(tape, model, BATCH), 'SYMMETRIC', null);
  const basis = tape.input('basis', [count, width]);
  const scores = tape.matmul(tape.reshape(h, [BATCH, width]), tape.transposeLast(basis));
  const session = await Session.create(tape.graph({ xNext, scores }), device);
  const out = floatTensor([count, ROTATION_SAMPLES]);
  for (let first = 0; first < ROTATION_SAMPLES; first += BATCH) {
    const key = { seed: 3, stream: STREAMS.statistics, sample: first, step: 0 };
    let x = floatTensor([BATCH, ...model.sampleShape], normals(key, BATCH * sizeOf(model.sampleShape)));
    for (const [i, step] of plan.entries()) {
      await between();
      const made = await session.run({ ...stepFeeds(model, step, 0), x, basis: bases[i] as FloatTensor });
      x = made['xNext'] as FloatTensor;
      addScores(out, made['scores'] as FloatTensor, first);
    }
    await onProgress(first + BATCH, ROTATION_SAMPLES);
  }
  await session.release();
  return out;
}

/** `[BATCH,M]` into columns `first …`. */
function addScores(into: FloatTensor, { shape, data }: FloatTensor, first: number): void {
  const [rows = 0, columns = 0] = shape;
  for (let row = 0; row < rows; row += 1) {
    for (let m = 0; m < columns; m += 1) {
      const at = m * ROTATION_SAMPLES + first + row;
      into.data[at] = (into.data[at] ?? 0) + (data[row * columns + m] ?? 0);
    }
  }
}
