import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { planAt, type SamplingStep } from '../../../src/engine/diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from '../../../src/engine/diffusion/step.js';
import { deltaHOf } from '../../../src/engine/edit/delta-h.js';
import { SampleDirections } from '../../../src/engine/edit/sample-directions.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import {
  createEngine,
  type DirectionBankRef,
  type DirectionRecord,
  type DiscoveryConfig,
  type Engine,
} from '../../../src/engine/index.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import type { LoadedModel } from '../../../src/engine/models/loaded-model.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { readSafetensors, writeSafetensors } from '../../../src/engine/safetensors.js';
import { decodeBank } from '../../../src/engine/shift/bank.js';
import { fixture, TINY_DISCOVERY, TINY_MODEL } from '../../helpers/models.js';
import { relativeError, TOLERANCE, testDevice } from '../../helpers/numeric.js';

const signal = new AbortController().signal;
const NO_STATISTICS = new Uint8Array();
const KINDS = ['SUBSPACE', 'GLOBAL', 'TIMESTEP', 'PER_TIMESTEP', 'BLOCK'] as const;
const RECORD: DirectionRecord = {
  name: 'smile',
  tags: ['face'],
  accuracy: 0.5,
  strengthError: 0.25,
  monotonicity: null,
  effectSize: 0.125,
  uniqueness: 1,
  score: 0.5,
  dead: false,
  fidelity: [{ strength: 3, kid: 0.5, frechetDistance: 2 }],
  fidelityBaseline: { samples: 16, kid: 0, frechetDistance: 1 },
  strengthRange: { min: -3, max: 2 },
};

let model: LoadedModel;
let engine: Engine;
let ref: { path: string; hash: string };

beforeAll(async () => {
  model = await loadModel(TINY_MODEL);
  ref = { path: TINY_MODEL, hash: model.hash };
  engine = await createEngine({ device: 'cpu' });
});

/** A file that PyTorch wrote, its metadata changed: of the model in the test unless said otherwise. */
async function written(kind: string, change: Record<string, string> = {}): Promise<Uint8Array> {
  const bytes = await readFile(fixture(`directions/${kind.toLowerCase()}.safetensors`));
  const { tensors, metadata } = readSafetensors(bytes, kind);
  return writeSafetensors({ tensors, metadata: { ...metadata, modelHash: model.hash, ...change } });
}

/** One step along a direction of a file, as edits take it. */
async function editedStep(parameters: Uint8Array, k: number, strength: number, x: FloatTensor): Promise<FloatTensor> {
  const facts = JSON.parse(await readFile(fixture('directions/steps.json'), 'utf8')) as Record<string, number>;
  const plan = planAt(model.schedule, [facts['timestep'] ?? 0, facts['timestepPrev'] ?? 0]);
  const [step] = plan as [SamplingStep];
  const bank = decodeBank({ statistics: NO_STATISTICS, parameters });
  const device = await testDevice();
  const sampled = bank.kind === 'BLOCK' ? await SampleDirections.create(model, 2, bank, device) : null;
  const deltaH = deltaHOf([{ bank, directionIndex: k, strengths: () => [strength, strength] }], {
    samplingSteps: facts['samplingSteps'] ?? 0,
    process: bank.reverseProcess,
    zero: () => floatTensor([2, ...model.hShape]),
    sampleDirections: async () => sampled as SampleDirections,
    between: async () => {},
  });
  const tape = new Tape();
  const inputs = stepInputs(tape, model, 2);
  const shift = tape.input('deltaH', [2, ...model.hShape]);
  const { xNext } = recordStep(tape, model, inputs, bank.reverseProcess, () => shift);
  const session = await Session.create(tape.graph({ xNext }), device);
  const made = await session.run({ ...stepFeeds(model, step, 0), x, deltaH: await deltaH(step, 0, x) });
  await session.release();
  await sampled?.release();
  return made['xNext'] as FloatTensor;
}

describe('a direction file that PyTorch wrote', () => {
  it.each(KINDS)('gives the steps that the functions of docs/directions-format.md give: %s', async (kind) => {
    const { tensors } = readSafetensors(await readFile(fixture('directions/steps.safetensors')), 'steps');
    const parameters = await written(kind);
    const cases = [...tensors].filter(([name]) => name.startsWith(`${kind.toLowerCase()} `));
    expect(cases).toHaveLength(2);
    for (const [name, expected] of cases) {
      const [, k, strength] = name.split(' ').map(Number);
      const step = await editedStep(parameters, k ?? 0, strength ?? 0, tensors.get('x') as FloatTensor);
      expect(relativeError(step, expected)).toBeLessThan(TOLERANCE.golden);
    }
  });

  it('is understood', async () => {
    const content = await engine.readDirections(ref, await written('GLOBAL'));
    expect(content).toMatchObject({ kind: 'GLOBAL', reverseProcess: 'ASYMMETRIC', samplingSteps: 10 });
    expect(content.directions.map(({ name }) => name)).toEqual(['global 0', 'global 1', 'global 2']);
    expect(content.directions[1]).toMatchObject({
      tags: ['golden'],
      score: 0.375,
      strengthError: null,
      strengthRange: { min: -3, max: 3 },
      fidelity: [{ strength: 3, kid: 0.01, frechetDistance: 2 }],
    });
  });

  it.each([
    ['another model', { modelHash: '0'.repeat(64) }, 'BAD_USER_INPUT', /hash .* got 0000/],
    ['another tap', { tap: 'up_blocks.0' }, 'BAD_USER_INPUT', /read at mid_block, got up_blocks.0/],
    ['another h', { hShape: '[16,2,8]' }, 'MODEL_INVALID', /vectors: expected \[3,10,16,2,8\]/],
    [
      'another schedule',
      { schedule: '{"trainTimesteps":1000,"betaSchedule":"linear","predictionType":"epsilon"}' },
      'BAD_USER_INPUT',
      /schedule/,
    ],
    ['no format', { format: 'pt' }, 'MODEL_INVALID', /exportDirections, got pt/],
    ['rising timesteps', { timesteps: '[0,1,2,3,4,5,6,7,8,9]' }, 'MODEL_INVALID', /timesteps/],
    ['a ρ too few', { rho: '[1]' }, 'MODEL_INVALID', /rho: expected 10/],
    ['another unit', { unit: '1' }, 'MODEL_INVALID', /unit: expected 0.5/],
    ['an unknown kind', { kind: 'SPIRAL' }, 'MODEL_INVALID', /kind/],
    ['no JSON', { directions: '[' }, 'MODEL_INVALID', /directions: expected JSON/],
    ['a name too few', { directions: '[{"name":"a"}]' }, 'MODEL_INVALID', /vectors: expected \[1,10/],
    [
      'a score that is none',
      { directions: '[{"name":"a","score":"high"},{"name":"b"},{"name":"c"}]' },
      'MODEL_INVALID',
      /directions\[0\].score/,
    ],
  ] as const)('is refused with %s', async (_, change, code, message) => {
    const bytes = await written('SUBSPACE', change);
    await expect(engine.readDirections(ref, bytes)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('is refused when it is cut short, or holds what is not finite', async () => {
    const bytes = await written('TIMESTEP');
    await expect(engine.readDirections(ref, bytes.subarray(0, bytes.length - 4))).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
    const { tensors, metadata } = readSafetensors(bytes, 'timestep');
    (tensors.get('gates') as FloatTensor).data[2] = Number.NaN;
    await expect(engine.readDirections(ref, writeSafetensors({ tensors, metadata }))).rejects.toThrow(
      /gates .* finite/,
    );
  });
});

describe('an exported direction', () => {
  const CONFIGS: Record<(typeof KINDS)[number], Partial<DiscoveryConfig>> = {
    SUBSPACE: {},
    GLOBAL: { shift: 'GLOBAL', fullSpatial: true },
    TIMESTEP: { shift: 'TIMESTEP', orthonormal: false, reverseProcess: 'ASYMMETRIC' },
    PER_TIMESTEP: { method: 'PCA', shift: 'PER_TIMESTEP' },
    BLOCK: { shift: 'BLOCK', orthonormal: false },
  };

  let statistics: Uint8Array | null = null;

  /** Directions of a discovery of one step; all have the statistics of the first. */
  async function discovered(config: Partial<DiscoveryConfig>): Promise<DirectionBankRef> {
    let parameters = NO_STATISTICS;
    const options = { state: null, statistics, signal, yieldTo: async () => {} };
    for await (const event of engine.discover(ref, { ...TINY_DISCOVERY, ...config, trainingSteps: 1 }, options)) {
      if (event.type === 'statistics') statistics = new Uint8Array(event.bytes);
      if (event.type === 'checkpoint') parameters = new Uint8Array(event.parameters);
    }
    return { statistics: statistics ?? NO_STATISTICS, parameters };
  }

  async function image(bank: DirectionBankRef, directionIndex: number, samplingSteps: number): Promise<Buffer> {
    const shifts = [{ bank, directionIndex, strength: 4, curve: [] }];
    const request = { seed: 3, shifts, samplingSteps, eta: 0, previewEvery: 100, previewSize: null };
    for await (const event of engine.edit(ref, { ...request, reverseProcess: 'SYMMETRIC' }, signal))
      if (event.type === 'result') return sharp(event.result.bytes).raw().toBuffer();
    throw new Error('no result');
  }

  const apart = (a: Buffer, b: Buffer) => Math.max(...Array.from(a, (value, at) => Math.abs(value - b[at]!)));

  it.each(KINDS)('edits as it did, read back and exported again: %s', async (kind) => {
    const bank = await discovered(CONFIGS[kind]);
    const directions = [2, 0].map((directionIndex) => ({ bank, directionIndex, record: RECORD }));
    const file = new Uint8Array(await engine.exportDirections(ref, directions));
    const content = await engine.readDirections(ref, file);
    expect(content.directions).toEqual([RECORD, RECORD]);
    const travelled = { statistics: NO_STATISTICS, parameters: file };
    const before = await image(bank, 2, 7);
    expect(apart(before, await image(bank, 0, 7))).toBeGreaterThan(1);
    // Values on the border of two grey levels may fall to either side.
    expect(apart(before, await image(travelled, 0, 7))).toBeLessThan(2);
    const again = await engine.exportDirections(ref, [{ bank: travelled, directionIndex: 0, record: RECORD }]);
    expect(apart(before, await image({ statistics: NO_STATISTICS, parameters: again }, 0, 7))).toBeLessThan(2);
  });

  it('shares a file only with its like', async () => {
    const [a, b] = [await discovered({}), await discovered(CONFIGS.TIMESTEP)];
    const directions = [a, b].map((bank) => ({ bank, directionIndex: 0, record: RECORD }));
    await expect(engine.exportDirections(ref, directions)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
