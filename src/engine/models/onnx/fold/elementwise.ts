import { broadcastShape } from '../../../ops/definition.js';
import { computed, elementType, type HostKind, type HostTensor, hostTensor, isFloat } from '../host-tensor.js';
import { erf } from './erf.js';
import type { FoldRule } from './folding.js';
import { broadcastTo } from './views.js';

const unary =
  (f: (x: number) => number): FoldRule =>
  (site) => {
    const x = site.input(0);
    return [computed(x.kind, x.shape, (at) => f(x.data[at] ?? 0))];
  };

const binary =
  (f: (a: number, b: number) => number, kind?: HostKind): FoldRule =>
  (site) => {
    const [a, b] = [site.input(0), site.input(1)];
    const shape = broadcastShape(a.shape, b.shape);
    const [left, right] = [broadcastTo(a, shape).data, broadcastTo(b, shape).data];
    return [computed(kind ?? a.kind, shape, (at) => f(left[at] ?? 0, right[at] ?? 0))];
  };

const test = (f: (a: number, b: number) => boolean) => binary((a, b) => Number(f(a, b)), 'bool');

const divide: FoldRule = (site) => {
  if (isFloat(site.input(0))) return binary((a, b) => a / b)(site);
  return binary((a, b) => {
    if (b === 0) throw new RangeError('an integer divided by zero');
    return Math.trunc(a / b);
  })(site);
};

/** Several operands, folded from the left. */
const nary =
  (rule: FoldRule): FoldRule =>
  (site) => {
    let sum = site.input(0);
    for (let at = 1; at < site.inputs.length; at += 1) {
      const inputs = [sum, site.input(at)];
      sum = rule(Object.assign(Object.create(site), { inputs }))[0] as HostTensor;
    }
    return [sum];
  };

const cast: FoldRule = (site) => [castTo(site.input(0), elementType(site.attributes.number('to')).kind)];

/** Another element type; towards integers the fraction is cut. */
export function castTo(x: HostTensor, kind: HostKind): HostTensor {
  if (x.kind === kind) return x;
  const convert = {
    float32: (value: number) => value,
    float64: (value: number) => value,
    int64: Math.trunc,
    bool: (value: number) => Number(value !== 0),
  }[kind];
  return computed(kind, x.shape, (at) => convert(x.data[at] ?? 0));
}

const where: FoldRule = (site) => {
  const [condition, a, b] = [site.input(0), site.input(1), site.input(2)];
  const shape = broadcastShape(condition.shape, broadcastShape(a.shape, b.shape));
  const [c, left, right] = [condition, a, b].map((tensor) => broadcastTo(tensor, shape).data);
  const out = hostTensor(a.kind, shape);
  for (let at = 0; at < out.data.length; at += 1) out.data[at] = (c?.[at] ? left?.[at] : right?.[at]) ?? 0;
  return [out];
};

const clip: FoldRule = (site) => {
  const [low, high] = [site.number(1, -Infinity), site.number(2, Infinity)];
  return unary((x) => Math.min(Math.max(x, low), high))(site);
};

const modulo: FoldRule = (site) =>
  binary(site.attributes.number('fmod', 0) === 1 ? (a, b) => a % b : (a, b) => a - Math.floor(a / b) * b)(site);

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export const ELEMENTWISE: Readonly<Record<string, FoldRule>> = {
  Abs: unary(Math.abs),
  Ceil: unary(Math.ceil),
  Cos: unary(Math.cos),
  Erf: unary(erf),
  Exp: unary(Math.exp),
  Floor: unary(Math.floor),
  Identity: (site) => [site.input(0)],
  Dropout: (site) => [site.input(0)],
  Log: unary(Math.log),
  Neg: unary((x) => -x),
  Not: unary((x) => Number(x === 0)),
  Reciprocal: unary((x) => 1 / x),
  Relu: unary((x) => Math.max(0, x)),
  Sigmoid: unary(sigmoid),
  Swish: unary((x) => x * sigmoid(x)),
  Sign: unary(Math.sign),
  Sin: unary(Math.sin),
  Softplus: unary((x) => Math.log1p(Math.exp(x))),
  Sqrt: unary(Math.sqrt),
  Tanh: unary(Math.tanh),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: divide,
  Mod: modulo,
  Pow: binary((a, b) => a ** b),
  Max: nary(binary(Math.max)),
  Min: nary(binary(Math.min)),
  Sum: nary(binary((a, b) => a + b)),
  And: test((a, b) => a !== 0 && b !== 0),
  Or: test((a, b) => a !== 0 || b !== 0),
  Xor: test((a, b) => (a !== 0) !== (b !== 0)),
  Equal: test((a, b) => a === b),
  Greater: test((a, b) => a > b),
  GreaterOrEqual: test((a, b) => a >= b),
  Less: test((a, b) => a < b),
  LessOrEqual: test((a, b) => a <= b),
  Cast: cast,
  CastLike: (site) => [castTo(site.input(0), site.input(1).kind)],
  Clip: clip,
  Where: where,
};
