import type { Value } from '../../../graph/graph.js';
import type { Tape } from '../../../ops/tape.js';
import { elementType } from '../host-tensor.js';
import type { Mapping, Site } from './site.js';

type Unary = 'abs' | 'exp' | 'erf' | 'log' | 'neg' | 'relu' | 'sigmoid' | 'softplus' | 'sqrt' | 'tanh';

const unary =
  (op: Unary): Mapping =>
  (site) =>
    site.tape[op](site.input(0));

const same: Mapping = (site) => site.input(0);

/** Whether operand `index` is a constant scalar `value`, which changes nothing: exporters write x / 1. */
function isScalar(site: Site, index: number, value: number): boolean {
  return site.host(index)?.shape.length === 0 && site.scalar(index) === value;
}

const multiply: Mapping = (site) => {
  if (isScalar(site, 1, 1)) return site.input(0);
  const [a, b] = [site.input(0), site.input(1)];
  return gated(site.tape, a, b) ?? gated(site.tape, b, a) ?? site.tape.mul(a, b);
};

/** x·σ(x) where `gate` is σ(x): recorded as one operator, whose gradient is one rule. */
function gated(tape: Tape, x: Value, gate: Value): Value | null {
  const maker = tape.producerOf(gate);
  return maker?.op === 'Sigmoid' && maker.inputs[0] === x ? tape.silu(x) : null;
}

const pow: Mapping = (site) => {
  const exponent = site.scalar(1);
  const x = site.input(0);
  const { tape } = site;
  if (exponent === 0.5) return tape.sqrt(x);
  if (exponent === -1) return tape.div(tape.scalar(1), x);
  if (exponent === -0.5) return tape.div(tape.scalar(1), tape.sqrt(x));
  if (exponent === null || !Number.isInteger(exponent) || exponent < 1 || exponent > 8)
    throw new RangeError(`expected a constant exponent of 1 to 8, ±0.5 or -1, got ${exponent ?? 'another tensor'}`);
  let power = x;
  for (let n = 1; n < exponent; n += 1) power = tape.mul(power, x);
  return power;
};

const cast: Mapping = (site) => {
  const { kind, name } = elementType(site.attributes.number('to'));
  if (kind === 'float32' || kind === 'float64') return site.input(0);
  throw new RangeError(`what is computed from the sample becomes ${name}, which carries no gradient`);
};

const clip: Mapping = (site) => {
  const bound = (index: number, fallback: number) => (index < site.operandCount ? site.scalar(index) : fallback);
  const [low, high] = [bound(1, -3e38) ?? -3e38, bound(2, 3e38) ?? 3e38];
  return site.tape.clip(site.input(0), low, high);
};

/** x·Φ(x) (arXiv 1606.08415), exact or by its tanh approximation. */
const gelu: Mapping = (site) => {
  const { tape } = site;
  const x = site.input(0);
  const half = tape.mul(x, tape.scalar(0.5));
  if (site.attributes.text('approximate', 'none') !== 'tanh') {
    return tape.mul(half, tape.add(tape.erf(tape.mul(x, tape.scalar(Math.SQRT1_2))), tape.scalar(1)));
  }
  const cubic = tape.add(x, tape.mul(tape.scalar(0.044715), tape.mul(x, tape.mul(x, x))));
  return tape.mul(half, tape.add(tape.tanh(tape.mul(tape.scalar(Math.sqrt(2 / Math.PI)), cubic)), tape.scalar(1)));
};

const leakyRelu: Mapping = (site) => {
  const { tape } = site;
  const [x, slope] = [site.input(0), tape.scalar(site.attributes.number('alpha', 0.01))];
  return tape.sub(tape.relu(x), tape.mul(slope, tape.relu(tape.neg(x))));
};

const sum: Mapping = (site) => {
  let total = site.input(0);
  for (let at = 1; at < site.operandCount; at += 1) total = site.tape.add(total, site.input(at));
  return total;
};

export const ELEMENTWISE: Readonly<Record<string, Mapping>> = {
  Abs: unary('abs'),
  Erf: unary('erf'),
  Exp: unary('exp'),
  Log: unary('log'),
  Neg: unary('neg'),
  Relu: unary('relu'),
  Sigmoid: unary('sigmoid'),
  Softplus: unary('softplus'),
  Sqrt: unary('sqrt'),
  Tanh: unary('tanh'),
  Identity: same,
  Dropout: same,
  Cast: cast,
  CastLike: same,
  Add: (site) => site.tape.add(site.input(0), site.input(1)),
  Sub: (site) => site.tape.sub(site.input(0), site.input(1)),
  Mul: multiply,
  Div: (site) => (isScalar(site, 1, 1) ? site.input(0) : site.tape.div(site.input(0), site.input(1))),
  Sum: sum,
  Pow: pow,
  Reciprocal: (site) => site.tape.div(site.tape.scalar(1), site.input(0)),
  Clip: clip,
  Swish: (site) => site.tape.silu(site.input(0)),
  Gelu: gelu,
  LeakyRelu: leakyRelu,
  Mish: (site) => site.tape.mul(site.input(0), site.tape.tanh(site.tape.softplus(site.input(0)))),
};
