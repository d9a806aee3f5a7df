import { Matrix, SVD } from 'ml-matrix';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ShiftKind } from '../../../src/engine/contract.js';
import type { DiffusionModel } from '../../../src/engine/diffusion/model.js';
import { normals, STREAMS } from '../../../src/engine/diffusion/random.js';
import { type SamplingStep, samplingPlan } from '../../../src/engine/diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from '../../../src/engine/diffusion/step.js';
import { deltaHOf } from '../../../src/engine/edit/delta-h.js';
import { SampleDirections } from '../../../src/engine/edit/sample-directions.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../../src/engine/graph/tensor.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { decodeBank, encodeDirections, shiftScale } from '../../../src/engine/shift/bank.js';
import {
  type ShiftConfig,
  type ShiftControl,
  shiftControl,
  strengthScale,
  UNIT,
} from '../../../src/engine/shift/control.js';
import { interpolation } from '../../../src/engine/shift/interpolation.js';
import { orthonormalRows } from '../../../src/engine/shift/orthonormal.js';
import { components } from '../../../src/engine/shift/principal.js';
import {
  COMPONENT_COUNT,
  decodeStatistics,
  encodeStatistics,
  type HStatistics,
  measureStatistics,
  STATISTICS_SAMPLES,
  STATISTICS_STEPS,
} from '../../../src/engine/shift/statistics.js';
import { TINY_MODEL } from '../../helpers/models.js';
import { dot, generator, norm, randomTensor, relativeError } from '../../helpers/numeric.js';

/** T_ref of the directions. */
const T = 3;
const nothing = async () => {};
let model: DiffusionModel;
let statistics: HStatistics;

beforeAll(async () => {
  model = await loadModel(TINY_MODEL);
  statistics = await measureStatistics(model, await openDevice('cpu'), nothing, nothing);
});

/** h of every statistics sample, one row a sample, all steps side by side; drawn anew. */
async function concatenatedBottlenecks(): Promise<Matrix> {
  const device = await openDevice('cpu');
  const tape = new Tape();
  const { xNext, h } = recordStep(tape, model, stepInputs(tape, model, 8), 'SYMMETRIC', null);
  const session = await Session.create(tape.graph({ xNext, h }), device);
  const width = sizeOf(model.hShape);
  const rows = Matrix.zeros(STATISTICS_SAMPLES, STATISTICS_STEPS * width);
  for (let first = 0; first < STATISTICS_SAMPLES; first += 8) {
    const key = { seed: 0, stream: STREAMS.statistics, sample: first, step: 0 };
    let x = floatTensor([8, ...model.sampleShape], normals(key, 8 * sizeOf(model.sampleShape)));
    for (const [i, step] of samplingPlan(model.schedule, STATISTICS_STEPS).entries()) {
      const made = await session.run({ ...stepFeeds(model, step, 0), x });
      x = made['xNext']!;
      made['h']!.data.forEach((value, at) => {
        rows.set(first + Math.floor(at / width), i * width + (at % width), value);
      });
    }
  }
  await session.release();
  return rows;
}

describe('statistics of h', () => {
  it('are the principal components of the concatenation over steps, each of one standard deviation', async () => {
    const rows = await concatenatedBottlenecks();
    const width = sizeOf(model.hShape);
    for (let i = 0; i < STATISTICS_STEPS; i += 1) {
      const h = rows.subMatrix(0, rows.rows - 1, i * width, (i + 1) * width - 1).to1DArray();
      const rms = Math.sqrt(h.reduce((sum, value) => sum + value * value, 0) / h.length);
      expect(statistics.rho.data[i]! / rms).toBeCloseTo(1, 4);
    }
    const centred = rows.clone().subRowVector(rows.mean('column'));
    const svd = new SVD(centred, { autoTranspose: true });
    for (const m of [0, 1, 2, 5, 20]) {
      const story = Array.from({ length: STATISTICS_STEPS }, (_, i) =>
        statistics.components.data.subarray((i * COMPONENT_COUNT + m) * width, (i * COMPONENT_COUNT + m + 1) * width),
      ).flatMap((part) => [...part]);
      const sigma = svd.diagonal[m]! / Math.sqrt(STATISTICS_SAMPLES);
      const v = svd.rightSingularVectors.getColumn(m);
      const along = story.reduce((sum, value, at) => sum + value * v[at]!, 0);
      expect(Math.abs(along) / sigma).toBeCloseTo(1, 2);
      expect(Math.hypot(...story) / sigma).toBeCloseTo(1, 2);
      const largest = story.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
      expect(largest).toBeGreaterThan(0);
    }
  });

  it('survive a round trip as bytes, and nothing else is taken for them', () => {
    expect(decodeStatistics(encodeStatistics(statistics))).toEqual(statistics);
    expect(() => decodeStatistics(new Uint8Array(40))).toThrow(/h statistics/);
  });

  it('interpolate linearly over t and are clamped outside', () => {
    const at = (t: number) => interpolation([900, 500, 100], t);
    expect(at(500)).toEqual([{ position: 1, weight: 1 }]);
    expect(at(600)).toEqual([
      { position: 1, weight: 0.75 },
      { position: 0, weight: 0.25 },
    ]);
    expect(at(999)).toEqual([{ position: 0, weight: 1 }]);
    expect(at(0)).toEqual([{ position: 2, weight: 1 }]);
  });
});

/** A configuration of four directions in {@link TINY_MODEL}. */
const configOf = (kind: ShiftKind, fullSpatial = false, orthonormal = false): ShiftConfig => ({
  kind,
  directions: 4,
  fullSpatial,
  orthonormal,
  seed: 2,
  timeEmbeddingWidth: 32,
});
const KINDS: readonly [string, ShiftConfig][] = [
  ['SUBSPACE', configOf('SUBSPACE')],
  ['SUBSPACE orthonormal', configOf('SUBSPACE', false, true)],
  ['GLOBAL', configOf('GLOBAL')],
  ['GLOBAL orthonormal', configOf('GLOBAL', false, true)],
  ['GLOBAL fullSpatial', configOf('GLOBAL', true)],
  ['TIMESTEP', configOf('TIMESTEP')],
  ['TIMESTEP orthonormal', configOf('TIMESTEP', true, true)],
  ['BLOCK', configOf('BLOCK')],
  ['PER_TIMESTEP', configOf('PER_TIMESTEP', true)],
];

/** Δh of the recorded graph for samples x that enter `step`, as training has it. */
async function recordedShift(
  config: ShiftConfig,
  phi: FloatTensor,
  strengths: FloatTensor,
  step: SamplingStep,
  x: FloatTensor,
): Promise<FloatTensor> {
  const shift = shiftControl(config, statistics);
  const tape = new Tape();
  const site = model.encode(tape, tape.input('x', x.shape), tape.input('features', [1, model.featureCount]));
  const y = shift.record(
    tape,
    tape.input('phi', phi.shape),
    tape.input('s', strengths.shape),
    tape.input('o', shift.operandShape),
    site,
  );
  const deltaH = tape.add(tape.constant(floatTensor(site.h.shape)), y);
  const session = await Session.create(tape.graph({ deltaH }), await openDevice('cpu'));
  const feeds = { ...stepFeeds(model, step, 0), x, phi, s: strengths, o: shift.operand(step.timestep) };
  const made = await session.run(feeds);
  await session.release();
  return made['deltaH']!;
}

describe.each(KINDS)('shift control %s', (_, config) => {
  it.each([['SYMMETRIC'], ['ASYMMETRIC']] as const)('is what edits add: %s', async (process) => {
    const shift = shiftControl(config, statistics);
    const phi = shift.retract(randomTensor(shift.initial().shape, generator(9)));
    const bank = decodeBank({
      statistics: encodeStatistics(statistics),
      parameters: encodeDirections(config, process, T, shift.rows(phi)),
    });
    const x = randomTensor([2, ...model.sampleShape], generator(5), -2, 2);
    const samplingSteps = 12;
    const step = samplingPlan(model.schedule, samplingSteps)[7]!;
    const scale = strengthScale(config.kind, process, T, samplingSteps);
    const sampled = await SampleDirections.create(model, 2, bank, await openDevice('cpu'));
    // Two directions in each sample, with strengths of its own.
    const shifts = [
      { bank, directionIndex: 2, strengths: () => [-1.7, 0.4] },
      { bank, directionIndex: 0, strengths: () => [0.8, 0] },
    ];
    const zero = () => floatTensor([2, ...model.hShape]);
    const setting = { samplingSteps, process, zero, sampleDirections: async () => sampled, between: nothing };
    const edited = await deltaHOf(shifts, setting)(step, 7, x);
    await sampled.release();
    const strengths = floatTensor(
      [2, 4],
      Float32Array.of(0.8, 0, -1.7, 0, 0, 0, 0.4, 0).map((s) => s * scale),
    );
    expect(relativeError(edited, await recordedShift(config, phi, strengths, step, x))).toBeLessThan(1e-5);
    const none = await recordedShift(config, phi, floatTensor([2, 4]), step, x);
    expect(none.data.every((value) => value === 0)).toBe(true);
  });
});

/** PER_TIMESTEP is free vectors; TIMESTEP's length is that of vector and gate, checked below. */
const UNIT_KINDS = KINDS.filter(([, { kind }]) => kind === 'SUBSPACE' || kind === 'GLOBAL');

describe.each(UNIT_KINDS)('shift control %s', (_, config) => {
  it('has directions of unit length in its own measure', () => {
    const shift = shiftControl(config, statistics);
    const rows = shift.rows(shift.retract(randomTensor(shift.initial().shape, generator(4))));
    const [count, width] = rows.shape as [number, number];
    const row = (k: number) => floatTensor([width], rows.data.slice(k * width, (k + 1) * width));
    const length = config.kind === 'SUBSPACE' ? 1 : Math.sqrt(width);
    for (let k = 0; k < count; k += 1) {
      expect(norm(row(k)) / length).toBeCloseTo(1, 5);
      if (config.orthonormal && k > 0) expect(Math.abs(dot(row(k), row(0))) / length ** 2).toBeLessThan(1e-5);
    }
  });
});

const vectorOf = (data: Float32Array) => floatTensor([data.length], data);

describe('the gate of TIMESTEP', () => {
  const config = configOf('TIMESTEP');
  const directionOf = (control: ShiftControl, rows: FloatTensor, k: number, timestep: number) => {
    if (control.directions.dependsOn === 'SAMPLE') throw new Error('expected directions of the timestep alone');
    return control.directions.at(rows, k, timestep);
  };

  it('starts as GLOBAL', () => {
    const gated = shiftControl(config, statistics);
    const plain = shiftControl({ ...config, kind: 'GLOBAL' }, statistics);
    const [a, b] = [gated.rows(gated.initial()), plain.rows(plain.initial())];
    for (const t of [999, 500, 3])
      expect(relativeError(vectorOf(directionOf(gated, a, 1, t)), vectorOf(directionOf(plain, b, 1, t)))).toBeLessThan(
        1e-6,
      );
  });

  it('has a mean square of 1 over the measured timesteps, whatever its weights, and varies smoothly', () => {
    const control = shiftControl(config, statistics);
    const phi = control.retract(randomTensor(control.initial().shape, generator(8)));
    const rows = control.rows(phi);
    const rms = (t: number) => {
      const direction = directionOf(control, rows, 2, t);
      return Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0) / direction.length);
    };
    const gates = statistics.timesteps.map((t, i) => rms(t) / statistics.rho.data[i]!);
    expect(gates.reduce((sum, g) => sum + g * g, 0) / gates.length).toBeCloseTo(1, 4);
    expect(Math.max(...gates) - Math.min(...gates)).toBeGreaterThan(0.05);
  });
});

describe('principal components of one timestep', () => {
  it('are those of the SVD, of one standard deviation, the largest element positive', () => {
    const rows = randomTensor([12, 7], generator(6));
    const found = components(rows, 3);
    const matrix = Matrix.from1DArray(12, 7, rows.data);
    matrix.subRowVector(matrix.mean('column'));
    const svd = new SVD(matrix, { autoTranspose: true });
    for (let m = 0; m < 3; m += 1) {
      const row = [...found.subarray(m * 7, (m + 1) * 7)];
      const v = svd.rightSingularVectors.getColumn(m);
      const along = row.reduce((sum, value, at) => sum + value * v[at]!, 0);
      const sigma = svd.diagonal[m]! / Math.sqrt(12);
      expect(Math.abs(along)).toBeCloseTo(sigma, 5);
      expect(Math.hypot(...row)).toBeCloseTo(sigma, 5);
      expect(row.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0)).toBeGreaterThan(0);
    }
  });
});

describe('strength scale', () => {
  it('shares the effect of ASYMMETRIC over its steps, and leaves SYMMETRIC as it is', () => {
    expect(strengthScale('SUBSPACE', 'ASYMMETRIC', 10, 40)).toBe(UNIT.SUBSPACE / 4);
    expect(strengthScale('SUBSPACE', 'SYMMETRIC', 10, 40)).toBe(UNIT.SUBSPACE);
  });
});

describe('orthonormal rows', () => {
  it('are the nearest ones: the polar factor U·Vᵀ of the SVD', () => {
    const w = randomTensor([5, 9], generator(1));
    const svd = new SVD(Matrix.from1DArray(5, 9, w.data), { autoTranspose: true });
    const polar = svd.leftSingularVectors.mmul(svd.rightSingularVectors.transpose()).to1DArray();
    expect(relativeError(orthonormalRows(w), floatTensor([5, 9], Float32Array.from(polar)))).toBeLessThan(1e-5);
  });

  it('refuse a matrix that has lost rank', () => {
    const w = floatTensor([2, 3], Float32Array.of(1, 2, 3, 2, 4, 6));
    expect(() => orthonormalRows(w)).toThrow(/lost rank/);
  });
});

describe('a direction bank', () => {
  it('refuses damaged parts and directions that it does not have', () => {
    const shift = shiftControl(KINDS[0]![1], statistics);
    const parts = {
      statistics: encodeStatistics(statistics),
      parameters: encodeDirections(KINDS[0]![1], 'SYMMETRIC', T, shift.rows(shift.initial())),
    };
    expect(() => decodeBank({ ...parts, parameters: parts.statistics })).toThrow(/directions: expected/);
    expect(() => decodeBank({ ...parts, parameters: parts.parameters.slice(0, 50) })).toThrow(/directions/);
    const fewer = { ...KINDS[0]![1], directions: 3 };
    const mismatched = encodeDirections(fewer, 'SYMMETRIC', T, shift.rows(shift.initial()));
    expect(() => decodeBank({ ...parts, parameters: mismatched })).toThrow(/expected rows \[3,64\] of 3 SUBSPACE/);
    const at = { samplingSteps: T, process: 'SYMMETRIC' } as const;
    expect(() => shiftScale(decodeBank(parts), 4, 1, at)).toThrow(/direction 4: the bank holds 0…3/);
  });
});
