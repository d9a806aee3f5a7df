import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import { normals, STREAMS } from '../../../src/engine/diffusion/random.js';
import { floatTensor, sizeOf } from '../../../src/engine/graph/tensor.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { JACOBIAN_SAMPLES, jacobianDirections } from '../../../src/engine/shift/jacobian.js';
import { TINY_MODEL } from '../../helpers/models.js';

const model = await loadModel(TINY_MODEL);
const device = await openDevice('cpu');
const width = sizeOf(model.hShape);

/** Mean over the samples of JᵀJ, from one VJP for each element of the output. */
async function denseOperator(timestep: number): Promise<Matrix> {
  const tape = new Tape();
  const shape = [JACOBIAN_SAMPLES, ...model.sampleShape];
  const encoded = model.encode(tape, tape.input('x', shape), tape.input('features', [1, model.featureCount]));
  const deltaH = tape.input('deltaH', [JACOBIAN_SAMPLES, ...model.hShape]);
  const output = model.decode(tape, tape.add(encoded.h, deltaH), encoded);
  const [gradient] = vjp(tape, [output], [tape.input('ct', output.shape)], [deltaH]);
  const session = await Session.create(tape.graph({ gradient: gradient! }), device);
  const key = { seed: 2, stream: STREAMS.statistics, sample: 0, step: 0 };
  const feeds = {
    x: floatTensor(shape, normals(key, sizeOf(shape))),
    features: model.timestepFeatures(timestep),
    deltaH: floatTensor([JACOBIAN_SAMPLES, ...model.hShape]),
  };
  const size = sizeOf(model.sampleShape);
  const sum = Matrix.zeros(width, width);
  for (let element = 0; element < size; element += 1) {
    const ct = floatTensor(shape);
    for (let row = 0; row < JACOBIAN_SAMPLES; row += 1) ct.data[row * size + element] = 1;
    const rows = Matrix.from1DArray(JACOBIAN_SAMPLES, width, (await session.run({ ...feeds, ct }))['gradient']!.data);
    sum.add(rows.transpose().mmul(rows));
  }
  await session.release();
  return sum.mul(1 / JACOBIAN_SAMPLES);
}

describe('directions of the Jacobian', () => {
  it('reach what the eigenvectors of the dense JᵀJ reach, in order', async () => {
    const first = await jacobianDirections(model, 4, device, async () => {}).next();
    const { step, rows } = first.value!;
    const operator = await denseOperator(step.timestep);
    const exact = new EigenvalueDecomposition(operator, { assumeSymmetric: true }).realEigenvalues.sort(
      (a, b) => b - a,
    );
    for (let k = 0; k < 4; k += 1) {
      const u = Matrix.columnVector(rows.data.subarray(k * width, (k + 1) * width));
      const reached = u.transpose().mmul(operator).mmul(u).get(0, 0);
      // Subspace iteration converges by the ratio of neighbouring eigenvalues: the last ones of a small set lag behind.
      expect(reached / exact[k]!).toBeGreaterThan(k < 2 ? 0.99 : 0.9);
      expect(reached / exact[k]!).toBeLessThan(1.001);
    }
  });
});
