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
/** Strengths at which it is; 0 is the unedited sample. */
export const EFFECT_STRENGTHS: readonly number[] = [-3, -1.5, 1.5, 3];
/** Unedited samples of other seeds, which shifted ones are compared with. */
export const REFERENCE_SAMPLES = 2 * EFFECT_SAMPLES;
const BATCH = 16;

/** What directions do to the known factors of a model's images. */
export interface EffectMeasurement {
  /** E: mean change per unit strength (least squares through 0), in standard deviations of unedited samples. */
  readonly effects: EffectMatrix;
  /** Mean over the samples of |Spearman ρ| between strength and factor, the unedited sample included. */
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

/** Applies every direction at every strength to the same 128 samples, and reads the factors before and after. */
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
    const shifted: FactorReading[][] = [];
    for (let k = 0; k < config.directions; k += 1) {
      const readings: FactorReading[] = [];
      for (const strength of EFFECT_STRENGTHS) {
        const choice = { directions: new Array(BATCH).fill(k), strengths: new Array(BATCH).fill(strength) };
        readings.push(
          await regressor.read(await imagesOf(own, (noise) => samplers.shifted(noise, phi, choice, between))),
        );
      }
      shifted.push(readings);
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

function summarise(
  { shape: { factors } }: FactorRegressor,
  unedited: FactorReading,
  reference: FactorReading,
  shifted: readonly (readonly FactorReading[])[],
): EffectMeasurement {
  const columns = factors.map((factor, f) => {
    const base = readFactor(factors, unedited.outputs, f);
    const deviation = factorDeviation(factor, base);
    return shifted.map((readings) => {
      const changes = readings.map(({ outputs }) =>
        readFactor(factors, outputs, f).map(
          (value, row) => factorDifference(factor, value, base[row] ?? 0) / deviation,
        ),
      );
      return { slope: slopeOf(changes), correlation: meanCorrelation(changes), means: changes.map(meanOf) };
    });
  });
  const matrix = (pick: (cell: NonNullable<(typeof columns)[0][0]>) => number): EffectMatrix =>
    shifted.map((_, k) => columns.map((column) => pick(column[k] as NonNullable<(typeof columns)[0][0]>)));
  return {
    effects: matrix(({ slope }) => slope),
    correlation: matrix(({ correlation }) => correlation),
    atEnds: { lowest: matrix(({ means }) => means[0] ?? 0), highest: matrix(({ means }) => means.at(-1) ?? 0) },
    features: {
      reference: reference.features,
      lowest: shifted.map((readings) => (readings[0] as FactorReading).features),
      highest: shifted.map((readings) => (readings.at(-1) as FactorReading).features),
    },
  };
}

/** Least squares through the origin over all strengths and samples. */
function slopeOf(changes: readonly Float64Array[]): number {
  const squares = EFFECT_STRENGTHS.reduce((sum, s) => sum + s * s, 0);
  return changes.reduce((sum, change, at) => sum + (EFFECT_STRENGTHS[at] ?? 0) * meanOf(change), 0) / squares;
}

function meanCorrelation(changes: readonly Float64Array[]): number {
  const strengths = [...EFFECT_STRENGTHS, 0];
  let sum = 0;
  for (let row = 0; row < EFFECT_SAMPLES; row += 1) {
    sum += Math.abs(spearman(strengths, [...changes.map((change) => change[row] ?? 0), 0]));
  }
  return sum / EFFECT_SAMPLES;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
