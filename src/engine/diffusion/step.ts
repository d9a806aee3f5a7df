import type { ReverseProcess } from '../contract.js';
import { EngineError } from '../errors.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import type { DiffusionModel, Encoded } from './model.js';
import type { PredictionType, SamplingStep } from './schedule.js';

/** Number of {@link stepCoefficients}. */
export const COEFFICIENT_COUNT = 7;

/**
 * The host-computed numbers of one reverse step, `[7]`: x̂0 = c0·x + c1·o, ε = c2·x + c3·o (the model's output as a pair),
 * x[i+1] = c4·x̂0 + c5·ε + c6·z (DDIM, arXiv 2010.02502, eq. 12).
 */
export function stepCoefficients(step: SamplingStep, eta: number, predictionType: PredictionType): FloatTensor {
  const { alphaBar: q, alphaBarPrev: r } = step;
  // σ = η·√((1−ᾱ′)/(1−ᾱ))·√(1−ᾱ/ᾱ′), eq. 16 there.
  const sigma = eta === 0 || q === 1 ? 0 : eta * Math.sqrt((1 - r) / (1 - q)) * Math.sqrt(Math.max(0, 1 - q / r));
  const update = [Math.sqrt(r), Math.sqrt(Math.max(0, 1 - r - sigma * sigma)), sigma];
  return floatTensor([COEFFICIENT_COUNT], Float32Array.of(...pairCoefficients(q, predictionType), ...update));
}

function pairCoefficients(alphaBar: number, predictionType: PredictionType): [number, number, number, number] {
  const [signal, noise] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  if (predictionType === 'v_prediction') return [signal, -noise, noise, signal];
  if (predictionType === 'epsilon') {
    if (signal === 0) throw new EngineError('MODEL_INVALID', 'ε-prediction at ᾱ = 0 says nothing of x0.');
    return [1 / signal, -noise / signal, 0, 1];
  }
  // x̂0 = o; as ᾱ → 1 nothing is left to divide by, and ε no longer matters.
  const inverse = noise < 1e-6 ? 0 : 1 / noise;
  return [0, 1, inverse, -signal * inverse];
}

/** Inputs of a recorded step; `noise` `[N,C,H,W]` only where η > 0. */
export interface StepInputs {
  readonly x: Value;
  readonly features: Value;
  readonly coefficients: Value;
  readonly noise?: Value;
}

export interface RecordedStep {
  /** Sample entering the next step. */
  readonly xNext: Value;
  /** Predicted clean image, from the shifted output. */
  readonly predictedX0: Value;
  /** h before the shift. */
  readonly h: Value;
}

/**
 * Records one reverse step. `shift` gives Δh from what the encoder made. ASYMMETRIC (Asyrp, arXiv 2210.10960): x̂0 from the shifted output, ε
 * from the unshifted one, one encoder and two decoder passes; SYMMETRIC: both from the shifted one.
 */
export function recordStep(
  tape: Tape,
  model: DiffusionModel,
  inputs: StepInputs,
  process: ReverseProcess,
  shift: ((encoded: Encoded) => Value) | null,
): RecordedStep {
  const { x, features, coefficients, noise } = inputs;
  const runsTwice = shift !== null && process === 'ASYMMETRIC';
  const encoded = { ...model.encode(tape, x, features), ...(runsTwice ? { shared: new Map() } : {}) };
  const plain = () => model.decode(tape, encoded.h, encoded);
  const shifted = shift ? model.decode(tape, tape.add(encoded.h, shift(encoded)), encoded) : plain();
  const unshifted = runsTwice ? plain() : shifted;
  const scalars = tape.split(coefficients, new Array(COEFFICIENT_COUNT).fill(1), 0);
  const combine = (a: Value, at: number, b: Value) =>
    tape.add(tape.mul(a, scalars[at] as Value), tape.mul(b, scalars[at + 1] as Value));
  const predictedX0 = combine(x, 0, shifted);
  const epsilon = combine(x, 2, unshifted);
  const mean = combine(predictedX0, 4, epsilon);
  const xNext = noise ? tape.add(mean, tape.mul(noise, scalars[6] as Value)) : mean;
  return { xNext, predictedX0, h: encoded.h };
}

/** Declares the inputs of a step for `batch` samples. */
export function stepInputs(tape: Tape, model: DiffusionModel, batch: number, stochastic = false): StepInputs {
  const shape = [batch, ...model.sampleShape];
  return {
    x: tape.input('x', shape),
    features: tape.input('features', [1, model.featureCount]),
    coefficients: tape.input('coefficients', [COEFFICIENT_COUNT]),
    ...(stochastic ? { noise: tape.input('noise', shape) } : {}),
  };
}

/** What a session made of {@link stepInputs} is fed with, x and noise aside. */
export function stepFeeds(model: DiffusionModel, step: SamplingStep, eta: number): Record<string, FloatTensor> {
  return {
    features: model.timestepFeatures(step.timestep),
    coefficients: stepCoefficients(step, eta, model.schedule.predictionType),
  };
}
