import type { DiscoveryConfig } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import type { Between } from '../diffusion/trajectory.js';
import { Samplers } from '../discovery/samplers.js';
import { shiftConfigOf } from '../discovery/trainer.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { spearman } from '../learning/correlation.js';
import type { Device } from '../runtime/device.js';
import { shiftControl } from '../shift/control.js';
import type { HStatistics } from '../shift/statistics.js';
import type { EffectMatrix } from './disentanglement.js';
import type { FactorReading, FactorRegressor } from './factor-regressor.js';
import { factorDeviation, factorDifference, readFactor } from './factors.js';

/** Samples that every direction is applied to. */
export const EFFECT_SAMPLES = 128;
/** Strengths at which it is. */
export const [LOWEST, HIGHEST] = [-3, 3];
/** Strengths between, and the first samples that are shifted so too: for the order of the changes within a sample. */
const BETWEEN: readonly number[] = [-1.5, 1.5];
export const ORDERED_SAMPLES = 32;
/** Unedited samples of other seeds, which shifted ones are compared with. */
export const REFERENCE_SAMPLES = 2 * EFFECT_SAMPLES;
const BATCH = 16;

/** What directions do to the known factors of a model's images. */
export interface EffectMeasurement {
  /** E: mean change per unit strength over both ends, in standard deviations of unedited samples. */
  readonly effects: EffectMatrix;
  /** Mean over 32 samples of |Spearman ρ| between five strengths, 0 among them, and the factor. */
  readonly correlation: EffectMatrix;
  /** Mean change at the ends, in standard deviations: `[K][F]` at the lowest and at the highest strength. */
  readonly atEnds: { readonly lowest: EffectMatrix; readonly highest: EffectMatrix };
  /** Features `[n, 128]` of unedited samples of other seeds, and of each direction's samples at both ends. */
  readonly features: {
    readonly reference: FloatTensor;
    readonly lowest: readonly FloatTensor[];
    readonly highest: readonly FloatTensor[];
  };
}

export interface MeasuredDirections {
  readonly model: DiffusionModel;
  readonly config: DiscoveryConfig;
  readonly statistics: HStatistics;
  /** φ of the shift control module. */
  readonly phi: FloatTensor;
}

/** Applies every direction to the same 128 samples, and reads the factors before and after. */
export async function measureEffects(
  directions: MeasuredDirections,
  regressor: FactorRegressor,
  device: Device,
  between: Between,
  onProgress: (done: number, total: number) => void,
): Promise<EffectMeasurement> {
  const { model, config, phi } = directions;
  const samplers = await samplersOf(directions, BATCH, device);
  try {
    const noises = noiseBatches(model, EFFECT_SAMPLES + REFERENCE_SAMPLES);
    const own = noises.slice(0, EFFECT_SAMPLES / BATCH);
    const plain = (noise: FloatTensor) => samplers.plain(noise, between);
    const unedited = await regressor.read(await imagesOf(own, plain));
    const reference = await regressor.read(await imagesOf(noises.slice(own.length), plain));
    const shifted: ShiftedReadings[] = [];
    for (let k = 0; k < config.directions; k += 1) {
      const at = async (strength: number, noises: readonly FloatTensor[]) => {
        const choice = {
          directions: new Array<number>(BATCH).fill(k),
          strengths: new Array<number>(BATCH).fill(strength),
        };
        return regressor.read(await imagesOf(noises, (noise) => samplers.shifted(noise, phi, choice, between)));
      };
      const inBetween: FactorReading[] = [];
      for (const strength of BETWEEN) inBetween.push(await at(strength, own.slice(0, ORDERED_SAMPLES / BATCH)));
      shifted.push({ lowest: await at(LOWEST, own), highest: await at(HIGHEST, own), inBetween });
      onProgress(k + 1, config.directions);
    }
    return summarise(regressor, unedited, reference, shifted);
  } finally {
    await samplers.release();
  }
}

/** Sampling of `batch` at a time, unedited and shifted. */
export async function samplersOf(
  { model, config, statistics }: MeasuredDirections,
  batch: number,
  device: Device,
): Promise<Samplers> {
  const shape = {
    batch,
    samplingSteps: config.samplingSteps,
    process: config.reverseProcess,
    kind: config.shift,
    directions: config.directions,
    isTrained: false,
  };
  return Samplers.create(model, shape, shiftControl(shiftConfigOf(config, model), statistics), device);
}

function noiseBatches({ sampleShape }: DiffusionModel, samples: number): FloatTensor[] {
  const shape = [BATCH, ...sampleShape];
  return Array.from({ length: samples / BATCH }, (_, batch) =>
    floatTensor(shape, normals({ seed: 0, stream: STREAMS.evaluation, sample: 0, step: batch }, sizeOf(shape))),
  );
}

async function imagesOf(
  noises: readonly FloatTensor[],
  sample: (noise: FloatTensor) => Promise<{ samples: readonly FloatTensor[] }>,
): Promise<FloatTensor> {
  const width = noises[0]?.data.length ?? 0;
  const out = floatTensor([noises.length * BATCH, ...(noises[0]?.shape.slice(1) ?? [])]);
  for (const [batch, noise] of noises.entries()) {
    out.data.set((await sample(noise)).samples.at(-1)?.data ?? [], batch * width);
  }
  return out;
}

/** One direction's samples, read. */
interface ShiftedReadings {
  readonly lowest: FactorReading;
  readonly highest: FactorReading;
  /** Of the first samples, at the strengths between. */
  readonly inBetween: readonly FactorReading[];
}

/** What one direction does to one factor. */
interface FactorEffect {
  readonly effect: number;
  readonly correlation: number;
  readonly lowest: number;
  readonly highest: number;
}

function summarise(
  { shape: { factors } }: FactorRegressor,
  unedited: FactorReading,
  reference: FactorReading,
  shifted: readonly ShiftedReadings[],
): EffectMeasurement {
  const cells = shifted.map((readings) =>
    factors.map((factor, f): FactorEffect => {
      const base = readFactor(factors, unedited.outputs, f);
      const deviation = factorDeviation(factor, base);
      const change = ({ outputs }: FactorReading) =>
        readFactor(factors, outputs, f).map(
          (value, row) => factorDifference(factor, value, base[row] ?? 0) / deviation,
        );
      const [low, high] = [change(readings.lowest), change(readings.highest)];
      const [lowest, highest] = [meanOf(low), meanOf(high)];
      const correlation = meanCorrelation([low, ...readings.inBetween.map(change), high]);
      return { effect: (highest - lowest) / (HIGHEST - LOWEST), correlation, lowest, highest };
    }),
  );
  const matrix = (pick: (cell: FactorEffect) => number): EffectMatrix => cells.map((row) => row.map(pick));
  return {
    effects: matrix(({ effect }) => effect),
    correlation: matrix(({ correlation }) => correlation),
    atEnds: { lowest: matrix(({ lowest }) => lowest), highest: matrix(({ highest }) => highest) },
    features: {
      reference: reference.features,
      lowest: shifted.map(({ lowest }) => lowest.features),
      highest: shifted.map(({ highest }) => highest.features),
    },
  };
}

/** Changes at the lowest strength, those between, and the highest: Spearman within each of the first samples, 0 at strength 0. */
function meanCorrelation(changes: readonly Float64Array[]): number {
  const strengths = [LOWEST, ...BETWEEN, HIGHEST, 0];
  let sum = 0;
  for (let row = 0; row < ORDERED_SAMPLES; row += 1) {
    sum += Math.abs(spearman(strengths, [...changes.map((change) => change[row] ?? 0), 0]));
  }
  return sum / ORDERED_SAMPLES;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
