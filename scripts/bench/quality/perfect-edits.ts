import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { frechetDistance } from '../../../src/engine/learning/distances.js';
import { EFFECT_SAMPLES } from '../../../src/engine/quality/effects.js';
import type { FactorRegressor } from '../../../src/engine/quality/factor-regressor.js';
import { type FactorSpec, factorDeviation, factorDifference } from '../../../src/engine/quality/factors.js';
import type { Domain } from '../../domains/domain.js';

const SCENES_SEED = 9;

/**
 * What the fidelity measure says of an edit that changes one factor and nothing else, drawn by the renderer itself: the Fréchet
 * distance of 128 scenes, the factor moved up by one standard deviation on average, from 256 others, over that between two
 * halves of those. One number a factor.
 */
export async function perfectEdits(domain: Domain, regressor: FactorRegressor): Promise<number[]> {
  const featuresOf = async (factors: Float32Array) => {
    const shape = [factors.length / domain.factors.length, ...regressor.shape.sampleShape];
    return (await regressor.read(floatTensor(shape, domain.render(factors)))).features;
  };
  const scenes = domain.sample(EFFECT_SAMPLES, SCENES_SEED);
  const others = [1, 2].map((part) => domain.sample(EFFECT_SAMPLES, SCENES_SEED, part * EFFECT_SAMPLES));
  const [a, b] = (await Promise.all(others.map(featuresOf))) as [FloatTensor, FloatTensor];
  const ratios: number[] = [];
  for (const f of domain.factors.keys()) {
    const features = await featuresOf(movedUp(scenes, domain.factors, f));
    ratios.push((frechetDistance(features, a) + frechetDistance(features, b)) / 2 / frechetDistance(a, b));
  }
  return ratios;
}

/** Factor f of every scene moved up by the same amount, within its range, so that it moves by one standard deviation on average. */
function movedUp(scenes: Float32Array, factors: readonly FactorSpec[], f: number): Float32Array {
  const factor = factors[f] as FactorSpec;
  const column = Float64Array.from(
    { length: scenes.length / factors.length },
    (_, row) => scenes[row * factors.length + f] ?? 0,
  );
  const deviation = factorDeviation(factor, column);
  const movedBy = (amount: number) => column.map((value) => endOf(factor, value + amount));
  const mean = (ends: Float64Array) =>
    ends.reduce((sum, end, row) => sum + factorDifference(factor, end, column[row] ?? 0), 0) / ends.length;
  let [low, high] = [0, factor.kind === 'circular' ? deviation : 1];
  for (let halving = 0; halving < 30; halving += 1) {
    const middle = (low + high) / 2;
    if (mean(movedBy(middle)) < deviation) low = middle;
    else high = middle;
  }
  const out = scenes.slice();
  movedBy(high).forEach((end, row) => {
    out[row * factors.length + f] = end;
  });
  return out;
}

function endOf({ kind }: FactorSpec, value: number): number {
  if (kind === 'circular') return value % 1;
  return kind === 'binary' ? Math.round(Math.min(1, value)) : Math.min(1, value);
}
