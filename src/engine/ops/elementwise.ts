import type { Value } from '../graph/graph.js';
import { broadcastShape, type GradientContext, type OpDefinition, required, type ShapeContext } from './definition.js';

const sameShape = ({ inputs }: ShapeContext) => {
  const { shape, dtype } = required(inputs, 0);
  return [{ shape, dtype }];
};

const broadcast = ({ inputs }: ShapeContext) => {
  const [a, b] = [required(inputs, 0), required(inputs, 1)];
  if (a.dtype !== b.dtype) throw new RangeError(`operands have element types ${a.dtype} and ${b.dtype}`);
  return [{ shape: broadcastShape(a.shape, b.shape), dtype: a.dtype }];
};

type Parts = { tape: GradientContext['tape']; g: Value; x: Value; y: Value };

function unary(rule: (parts: Parts) => Value): OpDefinition {
  return {
    infer: sameShape,
    gradient: ({ tape, node, cotangents }) => [
      rule({ tape, g: required(cotangents, 0), x: required(node.inputs, 0), y: required(node.outputs, 0) }),
    ],
  };
}

type BinaryParts = { tape: GradientContext['tape']; g: Value; a: Value; b: Value; y: Value };

/** `left` and `right` give the cotangents before broadcasting is undone. */
function binary(left: (parts: BinaryParts) => Value, right: (parts: BinaryParts) => Value): OpDefinition {
  return {
    infer: broadcast,
    gradient: ({ tape, node, cotangents, needs }) => {
      const [a, b] = [required(node.inputs, 0), required(node.inputs, 1)];
      const parts = { tape, g: required(cotangents, 0), a, b, y: required(node.outputs, 0) };
      return [needs(0) ? tape.sumTo(left(parts), a.shape) : null, needs(1) ? tape.sumTo(right(parts), b.shape) : null];
    },
  };
}

export const Add = binary(
  ({ g }) => g,
  ({ g }) => g,
);
export const Sub = binary(
  ({ g }) => g,
  ({ tape, g }) => tape.neg(g),
);
export const Mul = binary(
  ({ tape, g, b }) => tape.mul(g, b),
  ({ tape, g, a }) => tape.mul(g, a),
);
export const Div = binary(
  ({ tape, g, b }) => tape.div(g, b),
  ({ tape, g, b, y }) => tape.neg(tape.div(tape.mul(g, y), b)),
);

export const Neg = unary(({ tape, g }) => tape.neg(g));
export const Exp = unary(({ tape, g, y }) => tape.mul(g, y));
/** dy = 2/√π·exp(−x²) (DLMF 7.2.1). */
export const Erf = unary(({ tape, g, x }) =>
  tape.mul(g, tape.mul(tape.scalar(2 / Math.sqrt(Math.PI)), tape.exp(tape.neg(tape.mul(x, x))))),
);
export const Log = unary(({ tape, g, x }) => tape.div(g, x));
export const Sqrt = unary(({ tape, g, y }) => tape.div(tape.mul(g, tape.scalar(0.5)), y));
export const Abs = unary(({ tape, g, x }) => tape.mul(g, tape.sign(x)));
/** Zero almost everywhere. Written as a clipped multiple: WebGPU has no Sign. Exact for |x| > 1e-30, and at 0. */
export const Sign: OpDefinition = {
  infer: sameShape,
  gradient: null,
  lower: (tape, inputs) => tape.clip(tape.mul(required(inputs, 0), tape.scalar(1e30)), -1, 1),
};
/** Operands 1 and 2 are the scalar bounds. Nothing passes where a bound holds. */
export const Clip: OpDefinition = {
  infer: sameShape,
  gradient: ({ tape, node, cotangents }) => {
    const [x, y] = [required(node.inputs, 0), required(node.outputs, 0)];
    return [tape.mul(required(cotangents, 0), tape.equal(x, y)), null, null];
  },
};
export const Sigmoid = unary(({ tape, g, y }) => tape.mul(g, tape.mul(y, tape.sub(tape.scalar(1), y))));
export const Tanh = unary(({ tape, g, y }) => tape.mul(g, tape.sub(tape.scalar(1), tape.mul(y, y))));
/** At 0 the derivative is taken as 0. */
export const Relu = unary(({ tape, g, y }) => tape.mul(g, tape.sign(y)));
export const Softplus = unary(({ tape, g, x }) => tape.mul(g, tape.sigmoid(x)));

/**
 * x·σ(x). Not an ONNX operator at the opset used: written as x·Sigmoid(x), which ONNX Runtime fuses; one rule in place of two
 * chained ones.
 */
export const Silu: OpDefinition = {
  infer: sameShape,
  gradient: ({ tape, node, cotangents }) => {
    const [x, y, g] = [required(node.inputs, 0), required(node.outputs, 0), required(cotangents, 0)];
    return [tape.mul(g, tape.siluSlope(x, y))];
  },
  lower: (tape, inputs) => tape.mul(required(inputs, 0), tape.sigmoid(required(inputs, 0))),
};

/** Of {@link Silu} at x, where it is y: s = σ(x)·(1 + x − y). ds/dx = σ + s·(1 − σ), ds/dy = −σ. */
export const SiluSlope: OpDefinition = {
  infer: sameShape,
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, s, g] = [required(node.inputs, 0), required(node.outputs, 0), required(cotangents, 0)];
    const sigma = tape.sigmoid(x);
    const ofX = () => tape.add(sigma, tape.mul(s, tape.sub(tape.scalar(1), sigma)));
    return [needs(0) ? tape.mul(g, ofX()) : null, needs(1) ? tape.neg(tape.mul(g, sigma)) : null];
  },
  lower: (tape, inputs) => {
    const [x, y] = [required(inputs, 0), required(inputs, 1)];
    const sigma = tape.sigmoid(x);
    return tape.add(sigma, tape.mul(sigma, tape.sub(x, y)));
  },
};

/** Used where an output of a graph is also one of its inputs. */
export const Identity = unary(({ g }) => g);
