import { sizeOf } from '../graph/tensor.js';
import {
  type GradientContext,
  normaliseAxis,
  numberAttribute,
  type OpDefinition,
  required,
  type ShapeContext,
} from './definition.js';

const reducedShape = ({ inputs, attributes, integers }: ShapeContext) => {
  const x = required(inputs, 0);
  const axes = integers(1).map((axis) => normaliseAxis(axis, x.shape.length));
  const keep = numberAttribute(attributes, 'keepdims', 1) === 1;
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return [{ shape: keep ? shape : shape.filter((_, axis) => !axes.includes(axis)), dtype: x.dtype }];
};

/** The cotangent with its reduced axes back, each of extent 1. */
function restoreAxes({ tape, node, cotangents }: GradientContext) {
  const x = required(node.inputs, 0);
  const axes = tape.integersOf(required(node.inputs, 1)).map((axis) => normaliseAxis(axis, x.shape.length));
  const kept = tape.reshape(
    required(cotangents, 0),
    x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
  );
  return { x, kept, count: sizeOf(x.shape) / sizeOf(kept.shape) };
}

/** Operand 1 holds the axes. */
export const ReduceSum: OpDefinition = {
  infer: reducedShape,
  gradient: (context) => {
    const { x, kept } = restoreAxes(context);
    return [context.tape.expand(kept, x.shape), null];
  },
};

/** Operand 1 holds the axes. */
export const ReduceMean: OpDefinition = {
  infer: reducedShape,
  gradient: (context) => {
    const { x, kept, count } = restoreAxes(context);
    return [context.tape.expand(context.tape.mul(kept, context.tape.scalar(1 / count)), x.shape), null];
  },
};

/** Operand 1 holds the axes. Equal maxima share the cotangent. */
export const ReduceMax: OpDefinition = {
  infer: reducedShape,
  gradient: (context) => {
    const { tape, node } = context;
    const { x, kept } = restoreAxes(context);
    const chosen = tape.equal(x, tape.reshape(required(node.outputs, 0), kept.shape));
    const axes = tape.integersOf(required(node.inputs, 1));
    return [tape.mul(chosen, tape.div(kept, tape.reduceSum(chosen, axes))), null];
  },
};
