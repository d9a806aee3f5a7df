import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import { samplingPlan } from '../diffusion/schedule.js';
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
export const ROTATION_SAMPLES = 1024;
export const ROTATION_STEPS = 5;
/** Leading components that are rotated: with 1024 samples more of them are found less well (docs/quality.md). */
export const ROTATED_COMPONENTS = 16;
const BATCH = 8;

/** Joint principal components `[T, M, Ch·Hh·Wh]` and their timesteps. */
export interface Components {
  readonly timesteps: readonly number[];
  readonly components: FloatTensor;
}

/**
 * The rotation `[R,R]` of the R leading components whose rows are as independent as can be: independent component analysis of
 * the components' scores over 1024 unedited samples. A row is a direction in units of the components: one unit along it is
 * one standard deviation of its own.
 */
export async function measureRotation(
  model: DiffusionModel,
  components: Components,
  device: Device,
  between: Between,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<FloatTensor> {
  const scores = centred(await recordScores(model, components, device, between, onProgress));
  const { whitened, root } = whiten(scores);
  // Moving source k by one deviation moves the components by row k of W·C^½, orthonormal up to the samples' own C.
  const rows = Matrix.from1DArray(ROTATED_COMPONENTS, ROTATED_COMPONENTS, independentRows(whitened).data).mmul(root);
  return orthonormalRows(floatTensor(rowsShape, Float32Array.from(rows.to1DArray())));
}

const rowsShape = [ROTATED_COMPONENTS, ROTATED_COMPONENTS];

/** Σ_t ⟨h_t, b_m(t)⟩ of every sample, `[R,n]`. */
async function recordScores(
  model: DiffusionModel,
  { timesteps, components }: Components,
  device: Device,
  between: Between,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<FloatTensor> {
  const width = sizeOf(model.hShape);
  const tape = new Tape();
  const { xNext, h } = recordStep(tape, model, stepInputs(tape, model, BATCH), 'SYMMETRIC', null);
  const basis = tape.input('basis', [components.shape[1] ?? 0, width]);
  const scores = tape.matmul(tape.reshape(h, [BATCH, width]), tape.transposeLast(basis));
  const session = await Session.create(tape.graph({ xNext, scores }), device);
  const plan = samplingPlan(model.schedule, Math.min(ROTATION_STEPS, model.schedule.trainTimesteps));
  const bases = plan.map(({ timestep }) => interpolated(components, timesteps, timestep));
  const out = floatTensor([ROTATED_COMPONENTS, ROTATION_SAMPLES]);
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

function addScores(into: FloatTensor, { shape, data }: FloatTensor, first: number): void {
  const [rows = 0, columns = 0] = shape;
  for (let row = 0; row < rows; row += 1) {
    for (let m = 0; m < ROTATED_COMPONENTS; m += 1) {
      const at = m * ROTATION_SAMPLES + first + row;
      into.data[at] = (into.data[at] ?? 0) + (data[row * columns + m] ?? 0);
    }
  }
}

/** Rows without their mean, each of variance 1. */
function centred({ shape, data }: FloatTensor): FloatTensor {
  const [m = 0, n = 0] = shape;
  const out = floatTensor(shape);
  for (let row = 0; row < m; row += 1) {
    const values = data.subarray(row * n, (row + 1) * n);
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n) || 1;
    out.data.set(
      values.map((value) => (value - mean) / deviation),
      row * n,
    );
  }
  return out;
}

/** C^−½·z for the samples' own covariance C, and C^½. */
function whiten(scores: FloatTensor): { whitened: FloatTensor; root: Matrix } {
  const [m = 0, n = 0] = scores.shape;
  const z = Matrix.from1DArray(m, n, scores.data);
  const { realEigenvalues, eigenvectorMatrix: v } = new EigenvalueDecomposition(z.mmul(z.transpose()).div(n), {
    assumeSymmetric: true,
  });
  const power = (exponent: number) => {
    const scales = realEigenvalues.map((value) => Math.max(value, 1e-6) ** exponent);
    return v.clone().mulRowVector(scales).mmul(v.transpose());
  };
  const whitened = power(-0.5).mmul(z);
  return { whitened: floatTensor([m, n], Float32Array.from(whitened.to1DArray())), root: power(0.5) };
}
