import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { ShiftConfig, ShiftControl } from './control.js';
import { unitVectors } from './global.js';
import { interpolated } from './interpolation.js';
import type { HStatistics } from './statistics.js';

/** Cosines that a gate is made of: smooth, and few enough not to tell single steps apart. */
export const GATE_TERMS = 5;

/** cos(π·j·τ) for j = 0 … 4, τ = t over the largest measured timestep. */
export function gateBasis(timestep: number, timesteps: readonly number[]): Float32Array {
  const tau = Math.min(1, timestep / Math.max(1, timesteps[0] ?? 1));
  return Float32Array.from({ length: GATE_TERMS }, (_, j) => Math.cos(Math.PI * j * tau));
}

/**
 * GLOBAL with a learned smooth gate over time: d_k = ρ(t)·g_k(t)·u_k, g_k(t) = Σ_j w_kj·cos(π·j·τ), τ = t over the largest
 * measured timestep, scaled so that the mean of g² over the measured timesteps is 1. φ holds u and w side by side,
 * `[K, width+5]`; the gate starts at 1 throughout.
 */
export function timestepShift(config: ShiftConfig, statistics: HStatistics): ShiftControl {
  const vectors = unitVectors(config, statistics);
  const { width } = vectors;
  const { timesteps } = statistics;
  const basis = (timestep: number) => gateBasis(timestep, timesteps);
  const moments = secondMoments(timesteps.map(basis));
  const rho = (timestep: number) => interpolated(statistics.rho, timesteps, timestep, [1]).data[0] ?? 0;
  const onVectors = (phi: FloatTensor, change: (u: FloatTensor) => FloatTensor) => {
    const [u, w] = [columns(phi, 0, width), columns(phi, width, GATE_TERMS)];
    return sideBySide(change(u), w);
  };
  return {
    phiShape: [config.directions, width + GATE_TERMS],
    initial: () => {
      const gates = floatTensor([config.directions, GATE_TERMS]);
      for (let k = 0; k < config.directions; k += 1) gates.data[k * GATE_TERMS] = 1;
      return sideBySide(vectors.initial(), gates);
    },
    operandShape: [GATE_TERMS, 1],
    operand: (timestep) =>
      floatTensor(
        [GATE_TERMS, 1],
        basis(timestep).map((value) => value * rho(timestep)),
      ),
    record: (tape, phi, strengths, operand) => {
      const u = vectors.record(tape, tape.slice(phi, [0], [width], [1]));
      const w = tape.slice(phi, [width], [width + GATE_TERMS], [1]);
      const squares = tape.reduceSum(tape.mul(tape.matmul(w, tape.constant(moments)), w), [1], true);
      const gate = tape.div(tape.matmul(w, operand), tape.sqrt(squares));
      return vectors.spread(tape, tape.matmul(strengths, tape.mul(u, gate)));
    },
    retract: (phi) => onVectors(phi, vectors.retract),
    rows: (phi) => normalisedGates(onVectors(phi, vectors.rows), width, moments),
    directions: {
      dependsOn: 'TIMESTEP',
      at: (rows, k, timestep) => {
        const row = rows.data.subarray(k * (width + GATE_TERMS), (k + 1) * (width + GATE_TERMS));
        const terms = basis(timestep);
        const gate = terms.reduce((sum, term, j) => sum + term * (row[width + j] ?? 0), 0);
        return vectors.overSpace(row.subarray(0, width), gate * rho(timestep));
      },
    },
  };
}

/** Mean of b·bᵀ over the timesteps, `[G,G]`: wᵀ·M·w is the mean of g². */
function secondMoments(rows: readonly Float32Array[]): FloatTensor {
  const out = floatTensor([GATE_TERMS, GATE_TERMS]);
  for (const row of rows) {
    for (let i = 0; i < GATE_TERMS; i += 1) {
      for (let j = 0; j < GATE_TERMS; j += 1) {
        const at = i * GATE_TERMS + j;
        out.data[at] = (out.data[at] ?? 0) + ((row[i] ?? 0) * (row[j] ?? 0)) / rows.length;
      }
    }
  }
  return out;
}

function normalisedGates(phi: FloatTensor, width: number, { data }: FloatTensor): FloatTensor {
  const w = columns(phi, width, GATE_TERMS);
  for (let k = 0; k < (phi.shape[0] ?? 0); k += 1) {
    const gate = w.data.subarray(k * GATE_TERMS, (k + 1) * GATE_TERMS);
    let squares = 0;
    gate.forEach((a, i) => {
      gate.forEach((b, j) => {
        squares += a * b * (data[i * GATE_TERMS + j] ?? 0);
      });
    });
    gate.set(gate.map((value) => value / Math.sqrt(squares)));
  }
  return sideBySide(columns(phi, 0, width), w);
}

function columns({ shape, data }: FloatTensor, first: number, count: number): FloatTensor {
  const [rows, width] = shape as [number, number];
  const out = floatTensor([rows, count]);
  for (let row = 0; row < rows; row += 1) {
    out.data.set(data.subarray(row * width + first, row * width + first + count), row * count);
  }
  return out;
}

function sideBySide(a: FloatTensor, b: FloatTensor): FloatTensor {
  const [rows, left] = a.shape as [number, number];
  const right = b.shape[1] ?? 0;
  const out = floatTensor([rows, left + right]);
  for (let row = 0; row < rows; row += 1) {
    out.data.set(a.data.subarray(row * left, (row + 1) * left), row * (left + right));
    out.data.set(b.data.subarray(row * right, (row + 1) * right), row * (left + right) + left);
  }
  return out;
}
