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

/** Axes of the pixels of `[N,C,…]`. */
const pixelAxes = (x: Value) => [...x.shape.keys()].slice(2);
const pixelsOf = (x: Value) => sizeOf(x.shape.slice(2));

/**
 * Mean of x, and of x·y, over the pixels of each channel of each sample: x and y `[N,C,…]` with pixels, to `[2N,C,1,…]`, those of x
 * first. dx = (ct₁ + ct₂·y) / pixels, dy = ct₂·x / pixels.
 */
export const ChannelMoments: OpDefinition = {
  infer: ({ inputs }) => {
    const [{ shape, dtype }, y] = [required(inputs, 0), required(inputs, 1)];
    const [n = 0, c = 0, ...pixels] = shape;
    if (pixels.length === 0 || y.shape.join() !== shape.join())
      throw new RangeError(`expected two of one shape [N,C,…] with pixels, got [${shape}] and [${y.shape}]`);
    return [{ shape: [2 * n, c, ...pixels.map(() => 1)], dtype }];
  },
  lower: (tape, inputs) => {
    const [x, y] = [required(inputs, 0), required(inputs, 1)];
    const mean = (value: Value) => tape.reduceMean(value, pixelAxes(x));
    return tape.concat([mean(x), mean(tape.mul(x, y))], 0);
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, y] = [required(node.inputs, 0), required(node.inputs, 1)];
    const [n, c] = x.shape as [number, number];
    const shares = tape.mul(required(cotangents, 0), tape.scalar(1 / pixelsOf(x)));
    const [ofMean, ofProduct] = tape.split(tape.reshape(shares, [2 * n, c]), [n, n], 0) as [Value, Value];
    if (x.name === y.name) return [tape.sampleAffine(x, tape.mul(ofProduct, tape.scalar(2)), ofMean), null];
    return [
      needs(0) ? tape.sampleAffine(y, ofProduct, ofMean) : null,
      needs(1) ? tape.sampleAffine(x, ofProduct) : null,
    ];
  },
};

const affine: Pick<OpDefinition, 'infer' | 'lower'> = {
  infer: ({ inputs }) => {
    const { shape, dtype } = required(inputs, 0);
    const count = sizeOf(shape.slice(0, 2));
    const wrong = inputs.slice(1, 3).find((operand) => operand && sizeOf(operand.shape) !== count);
    if (wrong) throw new RangeError(`expected ${count} elements for [${shape}], got [${wrong.shape}]`);
    return [{ shape, dtype }];
  },
  lower: (tape, inputs) => {
    const [x, scale, bias] = [required(inputs, 0), required(inputs, 1), inputs[2]];
    const channels = sizeOf(x.shape.slice(0, 2));
    const flat = (value: Value) => tape.reshape(value, [channels]);
    const single = tape.reshape(x, [1, channels, pixelsOf(x)]);
    const made = tape.channelAffine(single, flat(scale), bias ? flat(bias) : tape.zeros([channels]));
    return tape.reshape(made, x.shape);
  },
};

/**
 * y = scale·x + bias by channel and sample, in one pass over memory: x `[N,C,…]`; scale and the optional bias have N·C elements,
 * whatever their shape.
 */
export const SampleAffine: OpDefinition = {
  ...affine,
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, scale, bias] = [required(node.inputs, 0), required(node.inputs, 1), node.inputs[2]];
    const g = required(cotangents, 0);
    const sum = (value: Value, { shape }: Value) =>
      tape.reshape(tape.mul(tape.reduceMean(value, pixelAxes(x)), tape.scalar(pixelsOf(x))), shape);
    return [
      needs(0) ? tape.sampleAffine(g, scale) : null,
      needs(1) ? sum(tape.mul(g, x), scale) : null,
      bias && needs(2) ? sum(g, bias) : null,
    ];
  },
};

/**
 * The end of a group normalisation, with the gradient of all of it. Operands: x `[N,C,…]`; slope and offset, N·C elements; mean and
 * variance + ε of each group, `[1,N,G,1]`; weight and bias `[C]`. y = slope·x + offset. With e = slope·g and x̂ the normalised x,
 * dx = e − mean e − x̂·mean(e·x̂), the means over each group: of g and x it is affine by channel.
 */
export const GroupNormAffine: OpDefinition = {
  ...affine,
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, slope, , mean, variance] = node.inputs as [Value, Value, Value, Value, Value];
    const g = required(cotangents, 0);
    const [n, c] = x.shape as [number, number];
    const groups = mean.shape[2] ?? 1;
    const grouped = [1, n, groups, c / groups];
    const moments = tape.reshape(tape.channelMoments(g, x), [2, ...grouped.slice(1)]);
    const halves = (value: Value) => tape.split(value, [1, 1], 0) as [Value, Value];
    const cotangent = () => {
      const [first, second] = halves(tape.reduceMean(tape.mul(moments, slope), [3]));
      const along = tape.div(tape.sub(tape.mul(mean, first), second), variance);
      const constant = tape.neg(tape.add(first, tape.mul(mean, along)));
      const each = (value: Value) => tape.expand(value, grouped);
      return tape.add(tape.sampleAffine(x, each(along), each(constant)), tape.sampleAffine(g, slope));
    };
    const overSamples = (value: Value) =>
      tape.mul(tape.reshape(tape.reduceSum(value, [1]), [c]), tape.scalar(pixelsOf(x)));
    const ofWeight = () => {
      const [first, second] = halves(moments);
      return overSamples(tape.div(tape.sub(second, tape.mul(mean, first)), tape.sqrt(variance)));
    };
    return [
      needs(0) ? cotangent() : null,
      ...[null, null, null, null],
      needs(5) ? ofWeight() : null,
      needs(6) ? overSamples(halves(moments)[0]) : null,
    ];
  },
};
