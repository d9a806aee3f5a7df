import type { Value } from '../graph/graph.js';
import { sizeOf } from '../graph/tensor.js';
import {
  normaliseAxis,
  numberAttribute,
  type OpDefinition,
  perChannel,
  required,
  type ShapeContext,
} from './definition.js';
import type { Tape } from './tape.js';

const sameShape = ({ inputs }: ShapeContext) => {
  const { shape, dtype } = required(inputs, 0);
  return [{ shape, dtype }];
};

/** dx = y·(g − Σ g·y) along `axis`. */
export const Softmax: OpDefinition = {
  infer: sameShape,
  gradient: ({ tape, node, cotangents }) => {
    const [g, y] = [required(cotangents, 0), required(node.outputs, 0)];
    const axis = numberAttribute(node.attributes, 'axis', -1);
    return [tape.mul(y, tape.sub(g, tape.reduceSum(tape.mul(g, y), [axis])))];
  },
};

/**
 * dx = g − softmax·Σ g along the last axis. Written as x − max − log Σ exp(x − max): WebGPU has no LogSoftmax, and the
 * logarithm of a softmax underflows.
 */
export const LogSoftmax: OpDefinition = {
  infer: sameShape,
  lower: (tape, inputs) => {
    const shifted = tape.sub(required(inputs, 0), tape.reduceMax(required(inputs, 0), [-1]));
    return tape.sub(shifted, tape.log(tape.reduceSum(tape.exp(shifted), [-1])));
  },
  gradient: ({ tape, node, cotangents }) => {
    const [g, y] = [required(cotangents, 0), required(node.outputs, 0)];
    return [tape.sub(g, tape.mul(tape.exp(y), tape.reduceSum(g, [-1])))];
  },
};

/**
 * Over all axes from `axis` on. Operands: x, scale, optional bias. Outputs: y, Mean and InvStdDev (which backward reuses).
 * dx = rstd·(ĝ − mean ĝ − x̂·mean(ĝ·x̂)) with ĝ = g·scale and x̂ the normalised input. Only y carries a cotangent.
 */
export const LayerNormalization: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const x = required(inputs, 0);
    const axis = normaliseAxis(numberAttribute(attributes, 'axis', -1), x.shape.length);
    const statistics = { shape: x.shape.map((extent, at) => (at < axis ? extent : 1)), dtype: x.dtype };
    return [{ shape: x.shape, dtype: x.dtype }, statistics, statistics];
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, scale, bias] = [required(node.inputs, 0), required(node.inputs, 1), node.inputs[2] ?? null];
    const [y, mean, rstd] = [required(node.outputs, 0), required(node.outputs, 1), required(node.outputs, 2)];
    if (cotangents[1] || cotangents[2])
      throw new RangeError('LayerNormalization: Mean and InvStdDev carry no cotangent');
    const g = required(cotangents, 0);
    const first = normaliseAxis(numberAttribute(node.attributes, 'axis', -1), x.shape.length);
    const axes = x.shape.map((_, axis) => axis).slice(first);
    const plain = bias === null && tape.isOnes(scale);
    // With scale 1 and no bias the output is the normalised input already.
    const normalised = plain ? y : tape.mul(tape.sub(x, mean), rstd);
    const scaled = plain ? g : tape.mul(g, scale);
    const centred = tape.sub(scaled, tape.reduceMean(scaled, axes));
    const along = tape.mul(normalised, tape.reduceMean(tape.mul(scaled, normalised), axes));
    return [
      needs(0) ? tape.mul(rstd, tape.sub(centred, along)) : null,
      needs(1) ? tape.sumTo(tape.mul(g, normalised), scale.shape) : null,
      bias && needs(2) ? tape.sumTo(g, bias.shape) : null,
    ];
  },
};

/** Over all but the channels of `[N,C,…]`: `[C]`. */
const sumByChannel = (tape: Tape, x: Value) =>
  tape.reduceSum(
    x,
    [...x.shape.keys()].filter((axis) => axis !== 1),
    false,
  );

/**
 * Operands: x `[N,C,…]`, scale and bias `[C]`, mean and variance, which are 0 and 1 with an epsilon of 0: y = scale·x + bias by
 * channel, in one pass over memory where a product and a sum take two.
 */
export const BatchNormalization: OpDefinition = {
  infer: sameShape,
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, scale, g] = [required(node.inputs, 0), required(node.inputs, 1), required(cotangents, 0)];
    return [
      needs(0) ? tape.mul(g, tape.reshape(scale, perChannel(x.shape))) : null,
      needs(1) ? sumByChannel(tape, tape.mul(g, x)) : null,
      needs(2) ? sumByChannel(tape, g) : null,
      null,
      null,
    ];
  },
};

/**
 * The affine map at the end of a group normalisation, with the rule of all of it. Operands: x `[N,C,…]`, x̂ `[1,N·G,size]` and rstd
 * `[1,N·G,1]` as LayerNormalization makes them of x, scale and bias `[C]`. y = scale·x̂ + bias; with e = rstd·scale·g the cotangent of x
 * is e − mean e − x̂·mean(e·x̂), the means over each group.
 */
export const GroupNormAffine: OpDefinition = {
  infer: sameShape,
  lower: (tape, inputs) => {
    const [x, normalised, , scale, bias] = [0, 1, 2, 3, 4].map((index) => required(inputs, index));
    return tape.channelAffine(tape.reshape(normalised as Value, (x as Value).shape), scale as Value, bias as Value);
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, normalised, rstd] = [required(node.inputs, 0), required(node.inputs, 1), required(node.inputs, 2)];
    const [scale, g] = [required(node.inputs, 3), required(cotangents, 0)];
    const [n, c] = x.shape as [number, number];
    const groups = sizeOf(rstd.shape) / n;
    const cotangent = () => {
      const slopes = tape.mul(tape.reshape(rstd, [n, groups, 1]), tape.reshape(scale, [1, groups, c / groups]));
      const scaled = tape.mul(g, tape.reshape(slopes, [n, ...perChannel(x.shape).slice(1)]));
      const e = tape.reshape(scaled, normalised.shape);
      const mean = (value: Value) => tape.reduceMean(value, [0, 2], false);
      const along = tape.channelAffine(normalised, mean(tape.mul(e, normalised)), mean(e));
      return tape.reshape(tape.sub(e, along), x.shape);
    };
    return [
      needs(0) ? cotangent() : null,
      null,
      null,
      needs(3) ? sumByChannel(tape, tape.mul(g, tape.reshape(normalised, x.shape))) : null,
      needs(4) ? sumByChannel(tape, g) : null,
    ];
  },
};
