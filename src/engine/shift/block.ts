import { groupNorm, linear } from '../diffusion/layers.js';
import { STREAMS } from '../diffusion/random.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { initialise, type ParameterSpecs } from '../learning/parameters.js';
import type { Tape } from '../ops/tape.js';
import type { ShiftConfig, ShiftControl } from './control.js';
import { interpolated } from './interpolation.js';
import { unitRmsRows } from './orthonormal.js';
import type { HStatistics } from './statistics.js';

/** Channels of the hidden layer are those of h, and no more than this: as wide as the small UNets are. */
const HIDDEN_MAX = 128;
const GROUPS = 8;
/** Added to a mean square, so that a head of zeros has a derivative. */
const EPSILON = 1e-12;

/** Parameters of a block, in the order in which φ holds them; the heads are last, each `[Ch, hidden+1]` with its bias. */
export function blockSpecs(directions: number, channels: number, embedding: number): ParameterSpecs {
  const hidden = Math.min(channels, HIDDEN_MAX);
  const uniform = (shape: readonly number[], fanIn: number) => ({ shape, start: { kind: 'uniform', fanIn } }) as const;
  return {
    'in.weight': uniform([hidden, channels, 1, 1], channels),
    'time.weight': uniform([hidden, embedding], embedding),
    'time.bias': uniform([hidden], embedding),
    'norm.scale': { shape: [hidden], start: { kind: 'constant', value: 1 } },
    'norm.shift': { shape: [hidden], start: { kind: 'constant', value: 0 } },
    heads: uniform([directions, channels, hidden + 1], hidden + 1),
  };
}

/**
 * d_k = ρ(t)·B_k(h, t), B_k a small network of RMS 1 over each sample: 1×1 convolution of h/ρ(t) → + Linear(SiLU(time
 * embedding)) → GroupNorm → SiLU → 1×1 convolution. All directions share all but the last layer. φ is one vector: the
 * parameters of {@link blockSpecs} one after the other.
 */
export function blockShift(config: ShiftConfig, statistics: HStatistics): ShiftControl {
  const { directions, seed, timeEmbeddingWidth } = config;
  const [channels] = statistics.hShape;
  const specs = blockSpecs(directions, channels, timeEmbeddingWidth);
  const headSize = sizeOf(specs['heads']?.shape ?? []) / directions;
  const length = Object.values(specs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const trunk = length - directions * headSize;
  /** Their length is of no effect: kept, so that a step of the optimiser turns them as far late as early. */
  const retract = (phi: FloatTensor) => {
    const heads = unitRmsRows(floatTensor([directions, headSize], phi.data.slice(trunk)));
    const scale = Math.sqrt(channels / headSize);
    const out = floatTensor([length], phi.data.slice());
    out.data.set(
      heads.data.map((value) => value * scale),
      trunk,
    );
    return out;
  };
  return {
    phiShape: [length],
    initial: () => {
      const start = initialise(specs, { seed, stream: STREAMS.parameters, step: 0 }, 1);
      return retract(floatTensor([length], concatenated(Object.values(start).map(({ data }) => data))));
    },
    operandShape: [1],
    operand: (timestep) => interpolated(statistics.rho, statistics.timesteps, timestep, [1]),
    record: (tape, phi, strengths, rho, { h, temb }) => {
      const theta = named(tape, phi, specs);
      const hidden = recordTrunk(tape, theta, tape.div(h, rho), temb);
      return recordHeads(tape, theta('heads'), hidden, tape.mul(strengths, rho), h.shape);
    },
    retract,
    rows: (phi) => phi,
    directions: {
      dependsOn: 'SAMPLE',
      alone: (rows, k) => {
        const head = rows.data.subarray(trunk + k * headSize, trunk + (k + 1) * headSize);
        return floatTensor([trunk + headSize], concatenated([rows.data.subarray(0, trunk), head]));
      },
    },
  };
}

type Lookup = (name: string) => Value;

/** The parts of φ by name. */
function named(tape: Tape, phi: Value, specs: ParameterSpecs): Lookup {
  const shapes = Object.entries(specs).map(([name, { shape }]) => ({ name, shape }));
  const parts = tape.split(
    phi,
    shapes.map(({ shape }) => sizeOf(shape)),
    0,
  );
  const values = new Map(shapes.map(({ name, shape }, at) => [name, tape.reshape(parts[at] as Value, shape)]));
  return (name) => values.get(name) as Value;
}

/** The last hidden layer, `[N,hidden,Hh,Wh]`. */
function recordTrunk(tape: Tape, theta: Lookup, h: Value, temb: Value): Value {
  const time = linear(tape, tape.silu(temb), { weight: theta('time.weight'), bias: theta('time.bias') });
  const [rows, hidden] = time.shape as [number, number];
  const sum = tape.add(tape.conv(h, theta('in.weight'), null), tape.reshape(time, [rows, hidden, 1, 1]));
  const groups = greatestCommonDivisor(hidden, GROUPS);
  const scale = { weight: theta('norm.scale'), bias: theta('norm.shift') };
  return tape.silu(groupNorm(tape, sum, groups, 1e-5, scale));
}

/**
 * Σ_k s_k·W_k·z / RMS(W_k·z), z the hidden layer with a row of ones for the biases. The mean square of W_k·z is
 * ⟨W_kᵀ·W_k, z·zᵀ⟩ over its size, so that no image of a head is made: one product with the weights of all heads, each
 * weighted by what the sample asks of it.
 */
function recordHeads(tape: Tape, heads: Value, hidden: Value, strengths: Value, hShape: readonly number[]): Value {
  const [n, , height, width] = hShape as [number, number, number, number];
  const [count, channels, columns] = heads.shape as [number, number, number];
  const pixels = height * width;
  const z = tape.concat([tape.reshape(hidden, [n, columns - 1, pixels]), tape.ones([n, 1, pixels])], 1);
  const gram = tape.reshape(tape.matmul(z, tape.transposeLast(z)), [n, columns * columns]);
  const squares = tape.reshape(tape.matmul(tape.transposeLast(heads), heads), [count, columns * columns]);
  const size = tape.scalar(1 / (channels * pixels));
  const meanSquare = tape.mul(tape.matmul(gram, tape.transposeLast(squares)), size);
  const weights = tape.div(strengths, tape.sqrt(tape.add(meanSquare, tape.scalar(EPSILON))));
  const mixture = tape.matmul(weights, tape.reshape(heads, [count, channels * columns]));
  return tape.reshape(tape.matmul(tape.reshape(mixture, [n, channels, columns]), z), hShape);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
