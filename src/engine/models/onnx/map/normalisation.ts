import { groupNorm } from '../../../diffusion/layers.js';
import type { Value } from '../../../graph/graph.js';
import { floatTensor, sizeOf } from '../../../graph/tensor.js';
import { normaliseAxis } from '../../../ops/definition.js';
import { toFloat32 } from '../host-tensor.js';
import type { Mapping, Site } from './site.js';

function isConstant(site: Site, index: number, value: number): boolean {
  return site.host(index)?.data.every((element) => element === value) ?? false;
}

/** A vector over channels, to be broadcast over `[N,C,…]`. */
function perChannel(site: Site, vector: Value, rank: number): Value {
  return site.tape.reshape(vector, [1, vector.shape[0] ?? 1, ...new Array<number>(rank - 2).fill(1)]);
}

/** Over the pixels of each channel. Exporters write GroupNorm with it, of scale 1 and bias 0. */
const instanceNormalization: Mapping = (site) => {
  const { tape } = site;
  const x = site.input(0);
  site.keepSamplesApart(
    0,
    x.shape.slice(2).map((_, at) => at + 2),
  );
  const [n = 1, c = 1] = x.shape;
  const pixels = sizeOf(x.shape.slice(2));
  const flat = tape.reshape(x, [n, c, pixels]);
  const epsilon = site.attributes.number('epsilon', 1e-5);
  const normalised = tape.reshape(tape.layerNormalization(flat, tape.ones([pixels]), null, -1, epsilon)[0], x.shape);
  const scaled = isConstant(site, 1, 1)
    ? normalised
    : tape.mul(normalised, perChannel(site, site.input(1), x.shape.length));
  return isConstant(site, 2, 0) ? scaled : tape.add(scaled, perChannel(site, site.input(2), x.shape.length));
};

/** Scale and bias are one a channel, up to opset 20 one a group. */
const groupNormalization: Mapping = (site) => {
  const x = site.input(0);
  site.keepSamplesApart(0, x.shape.map((_, axis) => axis).slice(1));
  const groups = site.attributes.number('num_groups');
  const [, channels = 1] = x.shape;
  if (channels % groups !== 0) throw new RangeError(`${groups} groups of ${channels} channels`);
  const spread = (index: number) => {
    const vector = site.input(index);
    if (vector.shape[0] === channels) return vector;
    const each = channels / groups;
    return site.tape.reshape(site.tape.expand(site.tape.reshape(vector, [groups, 1]), [groups, each]), [channels]);
  };
  const affine = { weight: spread(1), bias: spread(2) };
  return groupNorm(site.tape, x, groups, site.attributes.number('epsilon', 1e-5), affine);
};

const layerNormalization: Mapping = (site) => {
  const x = site.input(0);
  const axis = normaliseAxis(site.attributes.number('axis', -1), x.shape.length);
  site.keepSamplesApart(0, [...x.shape.keys()].slice(axis));
  const epsilon = site.attributes.number('epsilon', 1e-5);
  return site.tape.layerNormalization(x, site.input(1), site.optional(2), axis, epsilon)[0];
};

/** With the statistics of training, which the file holds: a scale and a bias. */
const batchNormalization: Mapping = (site) => {
  const { tape } = site;
  const parts = [1, 2, 3, 4].map((index) => site.host(index));
  const [scale, bias, mean, variance] = parts.map((part) => (part ? toFloat32(part) : null));
  if (!scale || !bias || !mean || !variance || site.attributes.number('training_mode', 0) === 1)
    throw new RangeError('expected constant statistics, as an export for inference has');
  const epsilon = site.attributes.number('epsilon', 1e-5);
  const factor = scale.map((value, at) => value / Math.sqrt((variance[at] ?? 0) + epsilon));
  const offset = bias.map((value, at) => value - (mean[at] ?? 0) * (factor[at] ?? 0));
  const vector = (data: Float32Array) =>
    perChannel(site, tape.constant(floatTensor([data.length], data)), site.input(0).shape.length);
  return tape.add(tape.mul(site.input(0), vector(factor)), vector(offset));
};

export const NORMALISATION: Readonly<Record<string, Mapping>> = {
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
};
