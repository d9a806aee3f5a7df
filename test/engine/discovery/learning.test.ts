import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { initialSpectral, powerIteration, spectralSpecs } from '../../../src/engine/discovery/discriminator.js';
import { drawChoice } from '../../../src/engine/discovery/draw.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { adamStart, adamStep } from '../../../src/engine/learning/adam.js';
import { crossEntropy, hingeLoss } from '../../../src/engine/learning/losses.js';
import { initialise } from '../../../src/engine/learning/parameters.js';
import { fixture } from '../../helpers/models.js';
import { evaluate } from '../../helpers/numeric.js';

/** From PyTorch; scripts/golden/make.py. */
const golden = JSON.parse(readFileSync(fixture('learning.json'), 'utf8'));
const vector = (values: number[]) => floatTensor([values.length], Float32Array.from(values));

describe('Adam', () => {
  it.each([false, true])('takes the steps of torch.optim.Adam, in place: %s', (inPlace) => {
    const { theta, gradients, learningRate, path } = golden.adam;
    let parameters: Record<string, FloatTensor> = { theta: vector(theta) };
    let state = adamStart(parameters);
    gradients.forEach((gradient: number[], step: number) => {
      const before = { ...parameters['theta'], data: parameters['theta']?.data.slice() };
      const next = adamStep(parameters, { theta: vector(gradient) }, state, learningRate, { inPlace });
      expect(parameters['theta']).toEqual(inPlace ? next.parameters['theta'] : before);
      parameters = { ...next.parameters };
      state = next.state;
      expect(parameters['theta']).toMatchObject({ shape: [7] });
      path[step].forEach((value: number, at: number) => {
        expect(parameters['theta']!.data[at]).toBeCloseTo(value, 5);
      });
    });
  });

  it('refuses a gradient that is missing', () => {
    const parameters = { theta: vector([1]) };
    expect(() => adamStep(parameters, {}, adamStart(parameters), 0.1)).toThrow(/theta/);
  });
});

describe('losses', () => {
  it('have the values of PyTorch', async () => {
    const { logits, target, value } = golden.crossEntropy;
    const shape = [logits.length, logits[0].length];
    const oneHot = floatTensor(shape);
    target.forEach((k: number, row: number) => {
      oneHot.data[row * shape[1]! + k] = 1;
    });
    const made = await evaluate(
      (tape, [a, b]) => crossEntropy(tape, a!, b!),
      [floatTensor(shape, Float32Array.from(logits.flat())), oneHot],
    );
    expect(made.data[0]).toBeCloseTo(value, 5);
    const hinge = await evaluate(
      (tape, [a, b]) => hingeLoss(tape, a!, b!),
      [vector(golden.hinge.real), vector(golden.hinge.fake)],
    );
    expect(hinge.data[0]).toBeCloseTo(golden.hinge.value, 5);
  });
});

describe('spectral normalisation', () => {
  it('knows the largest singular value of a fresh weight to 5 %, and after more iterations to 1e-4', () => {
    const { weight, shape, sigma } = golden.spectral;
    const parameters = { 'd.0.weight': floatTensor(shape, Float32Array.from(weight)) };
    const specs = spectralSpecs({ 'd.0.weight': { shape, start: { kind: 'constant', value: 0 } } });
    let spectral = initialSpectral(parameters, initialise(specs, { seed: 1, stream: 1, step: 0 }, 0));
    const estimate = () => {
      const [u, v] = [spectral['d.0.weight.u']!.data, spectral['d.0.weight.v']!.data];
      return u.reduce(
        (sum, ui, row) => sum + ui * v.reduce((inner, vj, column) => inner + vj * weight[row * v.length + column], 0),
        0,
      );
    };
    expect(Math.abs(estimate() / sigma - 1)).toBeLessThan(0.05);
    for (let turn = 0; turn < 300; turn += 1) spectral = powerIteration(parameters, spectral);
    expect(Math.abs(estimate() / sigma - 1)).toBeLessThan(1e-4);
  });
});

describe('draws', () => {
  const config = { seed: 3, batchSize: 4000, directions: 16, minStrength: 0.5, maxStrength: 6 };

  it('are uniform over directions, and strengths keep away from zero on both sides', () => {
    const { directions, strengths } = drawChoice(config, 1);
    const counts = Array.from({ length: 16 }, (_, k) => directions.filter((drawn) => drawn === k).length);
    // 250 each; five standard deviations are 77.
    expect(Math.max(...counts.map((count) => Math.abs(count - 250)))).toBeLessThan(77);
    expect(strengths.every((s) => Math.abs(s) >= 0.5 && Math.abs(s) <= 6)).toBe(true);
    expect(Math.abs(strengths.filter((s) => s > 0).length - 2000)).toBeLessThan(160);
  });

  it('depend on the step and on nothing before it', () => {
    expect(drawChoice(config, 2)).toEqual(drawChoice(config, 2));
    expect(drawChoice(config, 3)).not.toEqual(drawChoice(config, 2));
  });
});
