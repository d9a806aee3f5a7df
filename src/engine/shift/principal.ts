import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import { recordStep, stepFeeds, stepInputs } from '../diffusion/step.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import { planBatch } from '../runtime/batch-plan.js';
import { BatchSession } from '../runtime/batch-session.js';
import type { Device } from '../runtime/device.js';
import { turnLargestPositive } from './signs.js';
import { statisticsPlan } from './statistics.js';

const BATCH = 8;
/** Samples of the analysis: 63 batches. */
export const PRINCIPAL_SAMPLES = 504;

/**
 * The baseline of Haas et al. (arXiv 2303.11073): principal components of h over 504 unedited samples, at each measured
 * timestep by itself, of one standard deviation each, signed so that the largest element is positive. `[T,K·Ch·Hh·Wh]`, K
 * at most 504.
 */
export async function principalDirections(
  model: DiffusionModel,
  directions: number,
  device: Device,
  between: Between,
): Promise<FloatTensor> {
  const batches = planBatch(BATCH, device, model);
  const tape = new Tape();
  const { xNext, h } = recordStep(tape, model, stepInputs(tape, model, batches.rows), 'SYMMETRIC', null);
  const session = await BatchSession.create(tape.graph({ xNext, h }), batches, device);
  const plan = statisticsPlan(model);
  const width = sizeOf(model.hShape);
  const out = floatTensor([plan.length, directions * width]);
  // All samples go through a step together, so that h of one step is all there is to hold.
  const xs = Array.from({ length: PRINCIPAL_SAMPLES / BATCH }, (_, batch) => noiseOf(model, batch * BATCH));
  for (const [i, step] of plan.entries()) {
    const rows = floatTensor([PRINCIPAL_SAMPLES, width]);
    for (const [batch, x] of xs.entries()) {
      await between();
      const made = await session.run({ ...stepFeeds(model, step, 0), x });
      xs[batch] = made['xNext'] as FloatTensor;
      rows.data.set((made['h'] as FloatTensor).data, batch * BATCH * width);
    }
    out.data.set(components(rows, directions), i * directions * width);
  }
  await session.release();
  return out;
}

function noiseOf(model: DiffusionModel, sample: number): FloatTensor {
  const key = { seed: 1, stream: STREAMS.statistics, sample, step: 0 };
  return floatTensor([BATCH, ...model.sampleShape], normals(key, BATCH * sizeOf(model.sampleShape)));
}

/** The first `count` principal components of rows `[n,width]`, one standard deviation long, through the n×n Gram matrix. */
export function components({ shape, data }: FloatTensor, count: number): Float32Array {
  const [n, width] = shape as [number, number];
  const matrix = Matrix.from1DArray(n, width, data);
  matrix.subRowVector(matrix.mean('column'));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix.mmul(matrix.transpose()), {
    assumeSymmetric: true,
  });
  const order = [...realEigenvalues.keys()].sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  const weights = new Matrix(
    order.slice(0, count).map((column) => eigenvectorMatrix.getColumn(column).map((value) => value / Math.sqrt(n))),
  );
  const out = Float32Array.from(weights.mmul(matrix).to1DArray());
  for (let m = 0; m < count; m += 1) {
    turnLargestPositive([out.subarray(m * width, (m + 1) * width)]);
  }
  return out;
}
