import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { vjp } from '../autodiff/vjp.js';
import { withinBudget } from '../diffusion/memory-plan.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import type { SamplingStep } from '../diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from '../diffusion/step.js';
import type { Between } from '../diffusion/trajectory.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import { planBatch } from '../runtime/batch-plan.js';
import { BatchSession } from '../runtime/batch-session.js';
import type { Device } from '../runtime/device.js';
import { orthonormalRows } from './orthonormal.js';
import { turnLargestPositive } from './signs.js';
import { statisticsPlan } from './statistics.js';

/** Samples that the Jacobian is averaged over. */
export const JACOBIAN_SAMPLES = 8;
/** Subspace iterations at the first timestep; the later ones start from their neighbour. */
const FIRST_ITERATIONS = 10;
const NEXT_ITERATIONS = 5;
/** Of the central difference, in RMS of h. */
const STEP = 1e-2;

/** Directions of one timestep, and what turns them into shifts. */
export interface JacobianDirections {
  readonly step: SamplingStep;
  /** Orthonormal rows `[K, Ch·Hh·Wh]`, the most effective first. */
  readonly rows: FloatTensor;
  /** RMS of h. */
  readonly rho: number;
}

/**
 * The other baseline of Haas et al. (arXiv 2303.11073): the directions in h that change the model's output most, at each
 * measured timestep: top right singular vectors of ∂output/∂h, by subspace iteration with u → mean over 8 samples of
 * Jᵀ(J·u); J·u by central difference, Jᵀ by VJP. (Of ε or v: their Jacobians differ by a factor.)
 */
export async function* jacobianDirections(
  model: DiffusionModel,
  directions: number,
  device: Device,
  between: Between,
): AsyncGenerator<JacobianDirections, void, void> {
  const sampling = await samplingSession(model, device);
  const operator = await OutputJacobian.create(model, device);
  const shape = [JACOBIAN_SAMPLES, ...model.sampleShape];
  const key = { seed: 2, stream: STREAMS.statistics, sample: 0, step: 0 };
  let x = floatTensor(shape, normals(key, sizeOf(shape)));
  const start = [directions, sizeOf(model.hShape)];
  let rows = orthonormalRows(floatTensor(start, normals({ ...key, sample: 1 }, sizeOf(start))));
  try {
    for (const [i, step] of statisticsPlan(model).entries()) {
      await between();
      const made = await sampling.run({ ...stepFeeds(model, step, 0), x });
      const rho = rootMeanSquare(made['h'] as FloatTensor);
      const apply = (u: Float32Array) => operator.apply(step, x, u, STEP * rho, between);
      for (let turn = 0; turn < (i === 0 ? FIRST_ITERATIONS : NEXT_ITERATIONS); turn += 1) {
        rows = orthonormalRows(await eachRow(rows, apply));
      }
      rows = sorted(rows, await eachRow(rows, apply));
      yield { step, rows, rho };
      x = made['xNext'] as FloatTensor;
    }
  } finally {
    await sampling.release();
    await operator.release();
  }
}

async function samplingSession(model: DiffusionModel, device: Device): Promise<BatchSession> {
  const batches = planBatch(JACOBIAN_SAMPLES, device, model);
  const tape = new Tape();
  const { xNext, h } = recordStep(tape, model, stepInputs(tape, model, batches.rows), 'SYMMETRIC', null);
  return BatchSession.create(tape.graph({ xNext, h }), batches, device);
}

/** J = ∂output/∂h at given samples and timestep, as an operator. */
class OutputJacobian {
  private constructor(
    private readonly model: DiffusionModel,
    private readonly forward: BatchSession,
    private readonly backward: BatchSession,
  ) {}

  static async create(model: DiffusionModel, device: Device): Promise<OutputJacobian> {
    const batches = planBatch(JACOBIAN_SAMPLES, device, model, 'gradient');
    const tape = new Tape();
    const x = tape.input('x', [batches.rows, ...model.sampleShape]);
    const encoded = model.encode(tape, x, tape.input('features', [1, model.featureCount]));
    const deltaH = tape.input('deltaH', [batches.rows, ...model.hShape]);
    const output = model.decode(tape, tape.add(encoded.h, deltaH), encoded);
    const cotangent = tape.input('cotangent', output.shape);
    const [gradient] = vjp(tape, [output], [cotangent], [deltaH]) as [Value];
    const budget = device.memoryBudget / batches.lanes;
    return new OutputJacobian(
      model,
      await BatchSession.create(tape.graph({ output }), batches, device),
      await BatchSession.create(withinBudget(tape.graph({ gradient }), [cotangent.name], budget), batches, device),
    );
  }

  /** Mean over the samples of Jᵀ(J·u), up to a factor that does not depend on u. */
  async apply(
    { timestep }: SamplingStep,
    x: FloatTensor,
    u: Float32Array,
    length: number,
    between: Between,
  ): Promise<Float32Array> {
    const feeds = { x, features: this.model.timestepFeatures(timestep) };
    // `length` is per element: a unit vector of W elements has an RMS of 1/√W.
    const scale = length * Math.sqrt(u.length);
    const at = async (sign: number) => {
      await between();
      return (await this.forward.run({ ...feeds, deltaH: this.repeated(u, sign * scale) }))['output'] as FloatTensor;
    };
    const [plus, minus] = [await at(1), await at(-1)];
    const difference = plus.data.map((value, index) => (value - (minus.data[index] ?? 0)) / (2 * scale));
    await between();
    const made = await this.backward.run({
      ...feeds,
      deltaH: this.repeated(u, 0),
      cotangent: floatTensor(plus.shape, difference),
    });
    const gradient = (made['gradient'] as FloatTensor).data;
    return Float32Array.from({ length: u.length }, (_, index) => {
      let sum = 0;
      for (let row = 0; row < JACOBIAN_SAMPLES; row += 1) sum += gradient[row * u.length + index] ?? 0;
      return sum / JACOBIAN_SAMPLES;
    });
  }

  async release(): Promise<void> {
    await this.forward.release();
    await this.backward.release();
  }

  private repeated(u: Float32Array, scale: number): FloatTensor {
    const out = floatTensor([JACOBIAN_SAMPLES, ...this.model.hShape]);
    const scaled = u.map((value) => value * scale);
    for (let row = 0; row < JACOBIAN_SAMPLES; row += 1) out.data.set(scaled, row * u.length);
    return out;
  }
}

async function eachRow(rows: FloatTensor, apply: (row: Float32Array) => Promise<Float32Array>): Promise<FloatTensor> {
  const [count, width] = rows.shape as [number, number];
  const out = floatTensor(rows.shape);
  for (let k = 0; k < count; k += 1) {
    out.data.set(await apply(rows.data.slice(k * width, (k + 1) * width)), k * width);
  }
  return out;
}

/** Rayleigh–Ritz: turns the rows within their span into eigenvectors, largest eigenvalue and positive element first. */
function sorted(rows: FloatTensor, applied: FloatTensor): FloatTensor {
  const [count, width] = rows.shape as [number, number];
  const u = Matrix.from1DArray(count, width, rows.data);
  const projected = u.mmul(Matrix.from1DArray(count, width, applied.data).transpose());
  const symmetric = Matrix.add(projected, projected.transpose()).mul(0.5);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const order = [...realEigenvalues.keys()].sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  const turned = new Matrix(order.map((column) => eigenvectorMatrix.getColumn(column))).mmul(u);
  const out = floatTensor(rows.shape, Float32Array.from(turned.to1DArray()));
  for (let k = 0; k < count; k += 1) {
    turnLargestPositive([out.data.subarray(k * width, (k + 1) * width)]);
  }
  return out;
}

function rootMeanSquare({ data }: FloatTensor): number {
  return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
}
