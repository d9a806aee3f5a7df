import { afterEach, describe, expect, it, vi } from 'vitest';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import type { ReverseProcess, ShiftKind } from '../../../src/engine/contract.js';
import { samplingPlan } from '../../../src/engine/diffusion/schedule.js';
import { recordStep, stepFeeds } from '../../../src/engine/diffusion/step.js';
import { Samplers } from '../../../src/engine/discovery/samplers.js';
import type { Value } from '../../../src/engine/graph/graph.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { shiftControl, strengthScale } from '../../../src/engine/shift/control.js';
import { measureStatistics } from '../../../src/engine/shift/statistics.js';
import { TINY_MODEL } from '../../helpers/models.js';
import { generator, randomTensor, relativeError } from '../../helpers/numeric.js';

const [T, BATCH, K] = [4, 2, 3];
const nothing = async () => {};
const choice = { directions: [2, 0], strengths: [3, -1.5] };

afterEach(() => vi.unstubAllEnvs());

/** All T steps in one graph, differentiated as a whole: what checkpointing must equal. */
async function unrolled(
  kind: ShiftKind,
  process: ReverseProcess,
  noise: FloatTensor,
  cotangent: FloatTensor,
  gradientSteps: number,
) {
  const device = await openDevice('cpu');
  const model = await loadModel(TINY_MODEL);
  const statistics = await measureStatistics(model, device, nothing, nothing);
  const shift = shiftControl(
    {
      kind,
      directions: K,
      fullSpatial: false,
      orthonormal: kind === 'SUBSPACE',
      seed: 5,
      timeEmbeddingWidth: model.timeEmbeddingWidth,
    },
    statistics,
  );
  const phi = shift.initial();
  const tape = new Tape();
  const x0 = tape.input('x', noise.shape);
  const phiValue = tape.input('phi', phi.shape);
  const strengths = floatTensor([BATCH, K]);
  choice.directions.forEach((k, row) => {
    strengths.data[row * K + k] = (choice.strengths[row] ?? 0) * strengthScale(kind, process, T, T);
  });
  let x: Value = x0;
  for (const [index, step] of samplingPlan(model.schedule, T).entries()) {
    if (index === T - gradientSteps) x = tape.stopGradient(x);
    const { features, coefficients } = stepFeeds(model, step, 0);
    const operand = tape.constant(shift.operand(step.timestep));
    const inputs = { x, features: tape.constant(features!), coefficients: tape.constant(coefficients!) };
    x = recordStep(tape, model, inputs, process, (site) =>
      shift.record(tape, phiValue, tape.constant(strengths), operand, site),
    ).xNext;
  }
  const [gradient] = vjp(tape, [x], [tape.constant(cotangent)], [phiValue]);
  const session = await Session.create(tape.graph({ last: x, gradient: gradient! }), device);
  const whole = await session.run({ x: noise, phi });
  const samplers = await Samplers.create(
    model,
    { batch: BATCH, samplingSteps: T, process, kind, directions: K, isTrained: true, gradientSteps },
    shift,
    device,
  );
  const trajectory = await samplers.shifted(noise, phi, choice, nothing);
  const checkpointed = await samplers.gradient(trajectory, cotangent, phi, choice, nothing);
  await session.release();
  await samplers.release();
  return { whole, checkpointed, trajectory };
}

describe('gradient checkpointing', () => {
  it.each([
    ['SUBSPACE', 'ASYMMETRIC'],
    ['SUBSPACE', 'SYMMETRIC'],
    ['GLOBAL', 'ASYMMETRIC'],
    ['GLOBAL', 'SYMMETRIC'],
    ['TIMESTEP', 'SYMMETRIC'],
    ['BLOCK', 'ASYMMETRIC'],
    ['BLOCK', 'SYMMETRIC'],
  ] as const)('equals the unrolled gradient: %s %s', equalsUnrolled);

  it.each([
    ['SYMMETRIC', 1],
    ['SYMMETRIC', 3],
    ['ASYMMETRIC', 2],
  ] as const)('goes through the last steps alone: %s %i', (process, steps) =>
    equalsUnrolled('SUBSPACE', process, steps),
  );

  it('equals it without lanes', async () => {
    vi.stubEnv('AZIMUTH_WITHOUT', 'lanes');
    await equalsUnrolled('SUBSPACE', 'SYMMETRIC');
  });

  async function equalsUnrolled(kind: ShiftKind, process: ReverseProcess, gradientSteps = T) {
    const random = generator(7);
    const noise = randomTensor([BATCH, 3, 8, 8], random, -2, 2);
    const cotangent = randomTensor([BATCH, 3, 8, 8], random);
    const { whole, checkpointed, trajectory } = await unrolled(kind, process, noise, cotangent, gradientSteps);
    expect(trajectory.samples).toHaveLength(T + 1);
    expect(relativeError(trajectory.samples.at(-1)!, whole['last']!)).toBeLessThan(1e-5);
    expect(relativeError(checkpointed, whole['gradient']!)).toBeLessThan(1e-4);
  }
});
