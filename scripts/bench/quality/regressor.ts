import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { FactorRegressor, type RegressorShape } from '../../../src/engine/quality/factor-regressor.js';
import { factorDeviation, factorDifference, readFactor } from '../../../src/engine/quality/factors.js';
import { REGRESSOR_TRAINING, trainRegressor } from '../../../src/engine/quality/regressor-training.js';
import type { Device } from '../../../src/engine/runtime/device.js';
import { readSafetensors, writeSafetensors } from '../../../src/engine/safetensors.js';
import type { Domain } from '../../domains/domain.js';
import { Progress } from '../../support/progress.js';
import { perfectEdits } from './perfect-edits.js';

const READING_BATCH = 64;
const TEST_SCENES = 2000;
/** Seeds of the scenes that it learns from and is tested on. */
const [LEARNING_SEED, TEST_SEED] = [7, 8];

/** How well one factor is read from fresh scenes: R² (of a hue, of its circular differences), or the area under the ROC curve. */
export interface ReadingQuality {
  readonly factor: string;
  readonly measure: 'R²' | 'AUC';
  readonly value: number;
  /** {@link perfectEdits} of the factor. */
  readonly perfectEdit: number;
}

/** The regressor of a domain, trained once and kept in `folder`. */
export async function regressorOf(domain: Domain, folder: string, device: Device): Promise<FactorRegressor> {
  const shape = shapeOf(domain);
  const file = join(folder, `regressor-${domain.name}.safetensors`);
  if (!existsSync(file)) {
    const progress = new Progress(`factor regressor, ${domain.name}`);
    const scenes = (step: number, count: number) => {
      const factors = domain.sample(count, LEARNING_SEED, step * count);
      return { factors, images: domain.render(factors) };
    };
    const parameters = await trainRegressor(
      shape,
      scenes,
      REGRESSOR_TRAINING,
      device,
      async () => {},
      (step, loss) => progress.update(step, REGRESSOR_TRAINING.steps, `loss ${loss.toFixed(4)}`),
    );
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.part`, writeSafetensors({ tensors: new Map(Object.entries(parameters)), metadata: {} }));
    renameSync(`${file}.part`, file);
  }
  const { tensors } = readSafetensors(readFileSync(file), file);
  return FactorRegressor.create(shape, Object.fromEntries(tensors), READING_BATCH, device);
}

function shapeOf({ factors, resolution }: Domain): RegressorShape {
  return { factors, sampleShape: [3, resolution, resolution] };
}

/** On 2,000 scenes that it has not seen. */
export async function readingQuality(domain: Domain, regressor: FactorRegressor): Promise<ReadingQuality[]> {
  const scenes = domain.sample(TEST_SCENES, TEST_SEED);
  const { sampleShape } = regressor.shape;
  const { outputs } = await regressor.read(floatTensor([TEST_SCENES, ...sampleShape], domain.render(scenes)));
  const perfect = await perfectEdits(domain, regressor);
  return domain.factors.map((factor, f) => {
    const perfectEdit = perfect[f] ?? Number.NaN;
    const truth = Float64Array.from({ length: TEST_SCENES }, (_, row) => scenes[row * domain.factors.length + f] ?? 0);
    const read = readFactor(domain.factors, outputs, f);
    if (factor.kind === 'binary')
      return { factor: factor.name, measure: 'AUC', value: areaUnderCurve(read, truth), perfectEdit };
    const error = read.reduce((sum, value, row) => sum + factorDifference(factor, value, truth[row] ?? 0) ** 2, 0);
    const variance = factorDeviation(factor, truth) ** 2;
    return { factor: factor.name, measure: 'R²', value: 1 - error / TEST_SCENES / variance, perfectEdit };
  });
}

/** How often a positive is read above a negative. */
function areaUnderCurve(read: Float64Array, truth: Float64Array): number {
  const positive = read.filter((_, row) => truth[row] === 1);
  const negative = read.filter((_, row) => truth[row] === 0).sort();
  const below = positive.reduce((sum, value) => sum + rankIn(negative, value), 0);
  return below / (positive.length * negative.length);
}

function rankIn(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
