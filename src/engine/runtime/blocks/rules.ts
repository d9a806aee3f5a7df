import type { Node, Value } from '../../graph/graph.js';
import { applies } from '../../passes.js';
import { filled, filledBias } from './filter.js';
import type { BlockedImages } from './images.js';
import { deinterleave, interleave } from './interleaved.js';
import { winograd } from './winograd.js';

/** Emits a node in blocks; false, and nothing, where it is not one for them. */
export type Rule = (images: BlockedImages, node: Node) => boolean;

/**
 * Whether a node is a convolution of constant weights into full blocks, or an affine map of them: into what they make a fourth operand
 * is added.
 */
export function takesSum(images: BlockedImages, { op, domain, inputs, outputs }: Node): boolean {
  if (domain !== undefined || !images.fits(outputs[0] as Value)) return false;
  if (op !== 'Conv') return op === 'SampleAffine';
  const channels = inputs[1]?.shape[1] ?? 0;
  const isConstant = images.constants.has(inputs[1]?.name ?? '');
  return isConstant && (channels < images.block || channels % images.block === 0);
}

const convolution: Rule = (images, node) => {
  if (!takesSum(images, node)) return lastConvolution(images, node);
  if (applies('winograd') && winograd(images, node)) return true;
  const [x, weight, bias = null, sum = null] = node.inputs as [Value, Value, Value?, Value?];
  // Of fewer channels than a block has it reads ONNX's order.
  const input = (x.shape[1] ?? 0) < images.block ? images.inOrder(x) : images.inBlocks(x);
  const operands = [input, images.filter(weight), bias && images.inOrder(bias), sum && images.inBlocks(sum)];
  images.convolve(operands, images.made(node.outputs[0] as Value), node.attributes);
  return true;
};

/** Into fewer channels than fill blocks: the image that a UNet gives. */
const lastConvolution: Rule = (images, node) => {
  const [x, weight, bias = null] = node.inputs as [Value, Value, Value?];
  const offsets = bias && images.constants.get(bias.name);
  if (!images.constants.has(weight.name) || !images.fits(x) || (bias && !offsets)) return false;
  const output = node.outputs[0] as Value;
  const [n, o = 1, ...pixels] = output.shape as [number, number, ...number[]];
  const whole = images.value('filled', [n, filled(o, images.block), ...pixels]);
  const own = offsets ? images.constant(filledBias(offsets, images.block), `${bias?.name}_filled`) : null;
  images.convolve([images.inBlocks(x), images.filter(weight), own], whole, node.attributes);
  images.reorder(whole, output);
  return true;
};

/** A convolution of single channels, among which are those of all samples. */
const affine: Rule = (images, node) => {
  if (!takesSum(images, node)) return false;
  const [x, scale, bias = null, sum = null] = node.inputs as [Value, Value, Value?, Value?];
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const channels = [1, n * c, h, w];
  const single = (image: Value) => images.reshape(images.inBlocks(image), channels);
  const operands = [
    single(x),
    images.reshape(images.inOrder(scale), [n * c, 1, 1, 1]),
    bias && images.reshape(images.inOrder(bias), [n * c]),
    sum && single(sum),
  ];
  const output = images.made(node.outputs[0] as Value);
  const flat = n === 1 ? output : images.value('affine', channels);
  images.convolve(operands, flat, { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], group: n * c });
  if (flat !== output) images.push('Reshape', [flat, images.extents(output.shape)], output);
  return true;
};

/** Sums of x·y as a convolution of single channels whose kernel is y itself, which makes no image of products. */
const moments: Rule = (images, node) => {
  const [x, y] = node.inputs as [Value, Value];
  const [mean, products] = node.outputs as [Value, Value];
  if (!images.fits(x)) return false;
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const image = images.inBlocks(x);
  const channels = images.reshape(image, [1, n * c, h, w]);
  const kernels = images.reshape(images.inBlocks(y), [n * c, 1, h, w]);
  const sums = images.value('sums', [1, n * c, 1, 1]);
  const attributes = { kernel_shape: [h, w], strides: [1, 1], pads: [0, 0, 0, 0], group: n * c };
  images.convolve([channels, kernels], sums, attributes);
  images.push('Reshape', [images.pooled(image), images.extents([n, c])], mean);
  images.push('Reshape', [sums, images.extents([n, c])], products);
  return true;
};

const channelMeans: Rule = (images, node) => {
  const [x, axes] = node.inputs as [Value, Value];
  const isOverPixels = [...(images.constants.get(axes.name)?.data ?? [])].join() === '2,3';
  if (!isOverPixels || node.attributes['keepdims'] === 0 || !images.isBlocked(x)) return false;
  images.pooled(images.inBlocks(x), node.outputs[0]);
  return true;
};

const isAnyBlocked = (images: BlockedImages, { inputs }: Node) =>
  inputs.some((input) => input && images.isBlocked(input));

/** Images one after the other, or parts of one: whole blocks of them. */
const channels: Rule = (images, node) => {
  const isConcat = node.op === 'Concat';
  const parts = (isConcat ? node.inputs : node.outputs) as readonly Value[];
  if (node.attributes['axis'] !== 1 || !isAnyBlocked(images, node) || !parts.every((part) => images.fits(part)))
    return false;
  const [first, ...others] = node.inputs as [Value, ...Value[]];
  const inputs = [images.inBlocks(first), ...others.map((input) => (isConcat ? images.inBlocks(input) : input))];
  images.nodes.push({ ...node, inputs, outputs: node.outputs.map((output) => images.made(output)) });
  return true;
};

/** Of images of one shape, and scalars: the order of the elements does not matter. */
const elementwise: Rule = (images, node) => {
  const output = node.outputs[0] as Value;
  const inputs = node.inputs as readonly Value[];
  const isImage = ({ shape }: Value) => shape.join() === output.shape.join();
  const isScalar = ({ shape }: Value) => shape.every((extent) => extent === 1);
  if (!images.fits(output) || !isAnyBlocked(images, node)) return false;
  if (!inputs.every((input) => isImage(input) || isScalar(input))) return false;
  const operands = inputs.map((input) => (isImage(input) ? images.inBlocks(input) : images.inOrder(input)));
  images.nodes.push({ ...node, inputs: operands, outputs: [images.made(output)] });
  return true;
};

/** 1 + x − y in one pass, as a convolution of single channels of y to which x is added. */
const siluSlope: Rule = (images, node) => {
  const [x, y] = node.inputs as [Value, Value];
  if (!images.fits(x) || !images.isBlocked(x)) return false;
  const image = images.inBlocks(x);
  const sigma = images.value('sigma', x.shape);
  images.push('Sigmoid', [image], sigma);
  const rest = images.weighted(images.inBlocks(y), -1, image, 1);
  images.push('Mul', [sigma, rest], images.made(node.outputs[0] as Value));
  return true;
};

/** By operator. */
export const RULES: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  SampleAffine: affine,
  ChannelMoments: moments,
  ReduceMean: channelMeans,
  Concat: channels,
  Split: channels,
  SiluSlope: siluSlope,
  Interleave: interleave,
  Deinterleave: deinterleave,
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Exp', 'Sigmoid', 'Silu', 'Tanh', 'Relu', 'Softplus', 'Identity'].map((op) => [
      op,
      elementwise,
    ]),
  ),
};
