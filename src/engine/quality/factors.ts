import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { mean } from '../learning/losses.js';
import type { Tape } from '../ops/tape.js';

/** `circular`: a hue, where 1 is 0 again; read as (sin, cos). `binary`: 0 or 1, read as a logit. */
export type FactorKind = 'continuous' | 'circular' | 'binary';

/** One known factor of a rendered domain, in [0,1]. */
export interface FactorSpec {
  readonly name: string;
  readonly kind: FactorKind;
}

/** Standard deviation of a uniform number in [0,1]: what a continuous factor's error is measured in. */
const UNIFORM_DEVIATION = 1 / Math.sqrt(12);

const columnsOf = ({ kind }: FactorSpec) => (kind === 'circular' ? 2 : 1);

/** Output columns of a regressor: two for a circular factor, one for any other. */
export function factorColumns(factors: readonly FactorSpec[]): number {
  return factors.reduce((sum, factor) => sum + columnsOf(factor), 0);
}

/** First column of each factor. */
function firstColumns(factors: readonly FactorSpec[]): number[] {
  let at = 0;
  return factors.map((factor) => {
    const first = at;
    at += columnsOf(factor);
    return first;
  });
}

/** Factors `[n·F]` as a regressor's targets, `[n, columns]`: standard units, (sin, cos), or 0 and 1. */
export function factorTargets(factors: readonly FactorSpec[], values: Float32Array): FloatTensor {
  const n = values.length / factors.length;
  const columns = factorColumns(factors);
  const out = floatTensor([n, columns]);
  const first = firstColumns(factors);
  for (let row = 0; row < n; row += 1) {
    factors.forEach(({ kind }, f) => {
      const value = values[row * factors.length + f] ?? 0;
      const at = row * columns + (first[f] ?? 0);
      if (kind === 'continuous') out.data[at] = (value - 0.5) / UNIFORM_DEVIATION;
      if (kind === 'binary') out.data[at] = value;
      if (kind !== 'circular') return;
      out.data[at] = Math.sin(2 * Math.PI * value);
      out.data[at + 1] = Math.cos(2 * Math.PI * value);
    });
  }
  return out;
}

/** Squared errors (of a hue twice, of its sine and cosine), cross-entropy of binary factors; mean over all. */
export function recordFactorLoss(tape: Tape, factors: readonly FactorSpec[], outputs: Value, target: Value): Value {
  const first = firstColumns(factors);
  const parts = factors.map((factor, f) => {
    const from = first[f] ?? 0;
    const column = (value: Value) => tape.slice(value, [from], [from + columnsOf(factor)], [1]);
    const [y, wanted] = [column(outputs), column(target)];
    // softplus(y) − y·t is −log of the probability that a logit y gives to t.
    if (factor.kind === 'binary') return mean(tape, tape.sub(tape.softplus(y), tape.mul(y, wanted)));
    const error = tape.sub(y, wanted);
    return mean(tape, tape.mul(error, error));
  });
  return tape.mul(
    parts.reduce((sum, part) => tape.add(sum, part)),
    tape.scalar(1 / factors.length),
  );
}

/** One factor as it is read from outputs `[n, columns]`: in [0,1] where continuous, turns where circular, a logit where binary. */
export function readFactor(factors: readonly FactorSpec[], outputs: FloatTensor, f: number): Float64Array {
  const [n = 0, columns = 0] = outputs.shape;
  const from = firstColumns(factors)[f] ?? 0;
  const kind = factors[f]?.kind;
  return Float64Array.from({ length: n }, (_, row) => {
    const y = outputs.data[row * columns + from] ?? 0;
    if (kind === 'continuous') return y * UNIFORM_DEVIATION + 0.5;
    if (kind === 'binary') return y;
    const turns = Math.atan2(y, outputs.data[row * columns + from + 1] ?? 0) / (2 * Math.PI);
    return turns < 0 ? turns + 1 : turns;
  });
}

/** a − b of one factor: the shorter way round where it is circular, −0.5 … 0.5. */
export function factorDifference({ kind }: FactorSpec, a: number, b: number): number {
  const difference = a - b;
  return kind === 'circular' ? difference - Math.round(difference) : difference;
}

/** Standard deviation of a factor; of a circular one, root mean square of the differences from its circular mean. */
export function factorDeviation(factor: FactorSpec, values: Float64Array): number {
  const centre = factor.kind === 'circular' ? circularMean(values) : values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + factorDifference(factor, value, centre) ** 2, 0);
  return Math.sqrt(squares / values.length);
}

function circularMean(turns: Float64Array): number {
  const angle = (turn: number) => 2 * Math.PI * turn;
  const sine = turns.reduce((sum, turn) => sum + Math.sin(angle(turn)), 0);
  const cosine = turns.reduce((sum, turn) => sum + Math.cos(angle(turn)), 0);
  return Math.atan2(sine, cosine) / (2 * Math.PI);
}
