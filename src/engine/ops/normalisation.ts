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
 * Over the pixels of each channel of each sample the mean of x and the sum of x·y: x and y `[N,C,…]` with pixels, to two `[N,C]`.
 * dx = ct₁ / pixels + ct₂·y, dy = ct₂·x.
 */
export const ChannelMoments: OpDefinition = {
  infer: ({ inputs }) => {
    const [{ shape, dtype }, y] = [required(inputs, 0), required(inputs, 1)];
    if (shape.length < 3 || y.shape.join() !== shape.join())
      throw new RangeError(`expected two of one shape [N,C,…] with pixels, got [${shape}] and [${y.shape}]`);
    const moment = { shape: shape.slice(0, 2), dtype };
    return [moment, moment];
  },
  lower: (tape, inputs) => {
    const [x, y] = [required(inputs, 0), required(inputs, 1)];
    const axes = pixelAxes(x);
    return [tape.reduceMean(x, axes, false), tape.reduceSum(tape.mul(x, y), axes, false)];
  },
  gradient: ({ tape, node, cotangents: [ofMean = null, ofSum = null], needs }) => {
    const [x, y] = [required(node.inputs, 0), required(node.inputs, 1)];
    const share = ofMean && tape.mul(ofMean, tape.scalar(1 / pixelsOf(x)));
    const everywhere = (value: Value) =>
      tape.expand(tape.reshape(value, [...value.shape, ...pixelAxes(x).map(() => 1)]), x.shape);
    const ofBoth = (image: Value, scale: Value | null) =>
      scale ? tape.sampleAffine(image, scale, share) : share && everywhere(share);
    if (x.name === y.name) return [ofBoth(x, ofSum && tape.mul(ofSum, tape.scalar(2))), null];
    return [needs(0) ? ofBoth(y, ofSum) : null, ofSum && needs(1) ? tape.sampleAffine(x, ofSum) : null];
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

type GroupNormInputs = readonly [Value, Value, Value, Value, Value, Value, Value, Value];

/**
 * The end of a group normalisation, with the gradient of all of it. Operands: x `[N,C,…]`; slope, offset, −mean and variance + ε of
 * each channel's group, `[N,C]`; weight and bias `[C]`; the matrix of {@link Tape.groupMeans}. y = slope·x + offset. With e = slope·g and x̂ the
 * normalised x, dx = e − mean e − x̂·mean(e·x̂), the means over each group: of g and x it is affine by channel.
 */
export const GroupNormAffine: OpDefinition = {
  ...affine,
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, slope, , lessMean, variance, , , means] = node.inputs as GroupNormInputs;
    const g = required(cotangents, 0);
    const [mean, products] = tape.channelMoments(g, x);
    const cotangent = () => {
      const less = tape.gemm(tape.mul(mean, slope), means, { alpha: -1 });
      // mean e·mean x − mean(e·x)
      const covariance = tape.gemm(tape.mul(products, slope), means, {
        alpha: -1 / pixelsOf(x),
        summand: tape.mul(less, lessMean),
      });
      const along = tape.div(covariance, variance);
      const constant = tape.add(less, tape.mul(lessMean, along));
      return tape.add(tape.sampleAffine(x, along, constant), tape.sampleAffine(g, slope));
    };
    const sum = () => tape.mul(mean, tape.scalar(pixelsOf(x)));
    const overSamples = (value: Value) => tape.reduceSum(value, [0], false);
    const ofWeight = () => overSamples(tape.div(tape.add(products, tape.mul(lessMean, sum())), tape.sqrt(variance)));
    return [
      needs(0) ? cotangent() : null,
      ...[null, null, null, null],
      needs(5) ? ofWeight() : null,
      needs(6) ? overSamples(sum()) : null,
      null,
    ];
  },
};
