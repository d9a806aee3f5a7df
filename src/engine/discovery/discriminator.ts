import type { Value } from '../graph/graph.js';
import { floatTensor } from '../graph/tensor.js';
import { quadrants, stageWidths, trunkSpecs } from '../learning/convnet.js';
import type { ParameterSpecs, Parameters } from '../learning/parameters.js';
import type { Tape } from '../ops/tape.js';

/** Parameters of D for images `[C,S,S]`. */
export function discriminatorSpecs(channels: number, resolution: number): ParameterSpecs {
  const widths = stageWidths(resolution);
  const features = (widths.at(-1) ?? 0) * 4;
  return {
    ...trunkSpecs('d', channels, widths, false),
    'd.head.weight': { shape: [1, features], start: { kind: 'uniform', fanIn: features } },
    'd.head.bias': { shape: [1], start: { kind: 'constant', value: 0 } },
  };
}

/** Singular vectors of each weight, estimated by power iteration: what spectral normalisation divides by. */
export function spectralSpecs(specs: ParameterSpecs): ParameterSpecs {
  const pairs = Object.entries(specs).flatMap(([name, { shape }]): [string, ParameterSpecs[string]][] => {
    if (!name.endsWith('.weight')) return [];
    const [rows, columns] = matrixShape(shape);
    return [
      [`${name}.u`, { shape: [rows, 1], start: { kind: 'direction' } }],
      [`${name}.v`, { shape: [columns, 1], start: { kind: 'direction' } }],
    ];
  });
  return Object.fromEntries(pairs);
}

function matrixShape(shape: readonly number[]): [number, number] {
  const rows = shape[0] ?? 1;
  return [rows, shape.reduce((product, extent) => product * extent, 1) / rows];
}

/** 1/σ of each weight with σ = uᵀ·W·v, `[1,1]`, for {@link recordDiscriminator}. */
export function recordSpectral(
  tape: Tape,
  parameters: Readonly<Record<string, Value>>,
  spectral: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const weights = Object.entries(parameters).filter(([name]) => `${name}.u` in spectral);
  const inverse = ([name, weight]: [string, Value]) => {
    const [u, v] = [spectral[`${name}.u`] as Value, spectral[`${name}.v`] as Value];
    const product = tape.matmul(tape.reshape(weight, matrixShape(weight.shape)), v);
    return tape.div(tape.scalar(1), tape.matmul(tape.transposeLast(u), product));
  };
  return Object.fromEntries(weights.map((entry) => [entry[0], inverse(entry)]));
}

/**
 * D(x) → scores `[N]`, each weight divided by its σ (arXiv 1802.05957, eq. 8). What a layer makes is divided in its place, which is
 * smaller than a weight, and whose gradient passes over the weight once in place of five times.
 */
export function recordDiscriminator(
  tape: Tape,
  parameters: Readonly<Record<string, Value>>,
  inverses: Readonly<Record<string, Value>>,
  x: Value,
): Value {
  const get = (name: string) => parameters[`d.${name}`] as Value;
  let y = x;
  for (let stage = 0; `d.${stage}.weight` in parameters; stage += 1) {
    const made = tape.conv(y, get(`${stage}.weight`), null, { strides: [2, 2], pads: [1, 1, 1, 1] });
    const bias = get(`${stage}.bias`);
    const scale = tape.expand(tape.reshape(inverses[`d.${stage}.weight`] as Value, [1]), bias.shape);
    y = tape.silu(tape.channelAffine(made, scale, bias));
  }
  const score = tape.matmul(quadrants(tape, y), tape.transposeLast(get('head.weight')));
  const scaled = tape.mul(score, inverses['d.head.weight'] as Value);
  return tape.reshape(tape.add(scaled, get('head.bias')), [x.shape[0] ?? 1]);
}

/** Enough for the estimate of σ of a fresh weight to be within a few per cent, as the first loss needs it. */
const FIRST_ITERATIONS = 30;

/** The singular vectors of fresh weights. */
export function initialSpectral(parameters: Parameters, start: Parameters): Parameters {
  let spectral = start;
  for (let turn = 0; turn < FIRST_ITERATIONS; turn += 1) spectral = powerIteration(parameters, spectral);
  return spectral;
}

/** One power iteration a weight: v ← Wᵀu/‖·‖, u ← Wv/‖·‖ (algorithm 1 there). */
export function powerIteration(parameters: Parameters, spectral: Parameters): Parameters {
  const next: Record<string, Parameters[string]> = {};
  for (const [name, { shape, data }] of Object.entries(parameters)) {
    const u = spectral[`${name}.u`];
    if (!u) continue;
    const [rows, columns] = matrixShape(shape);
    const v = normalise(transposedProduct(data, u.data, rows, columns));
    next[`${name}.v`] = floatTensor([columns, 1], v);
    next[`${name}.u`] = floatTensor([rows, 1], normalise(product(data, v, rows, columns)));
  }
  return next;
}

/** W·v. */
function product(matrix: Float32Array, vector: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let sum = 0;
    for (let column = 0; column < columns; column += 1)
      sum += (matrix[row * columns + column] as number) * (vector[column] as number);
    out[row] = sum;
  }
  return out;
}

/** Wᵀ·u, row by row as W lies in memory. */
function transposedProduct(matrix: Float32Array, vector: Float32Array, rows: number, columns: number): Float32Array {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row += 1) {
    const factor = vector[row] as number;
    for (let column = 0; column < columns; column += 1)
      sums[column] = (sums[column] as number) + (matrix[row * columns + column] as number) * factor;
  }
  return Float32Array.from(sums);
}

function normalise(values: Float32Array): Float32Array {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) + 1e-12;
  return values.map((value) => value / norm);
}
