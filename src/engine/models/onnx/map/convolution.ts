import { upsampleConv } from '../../../diffusion/layers.js';
import type { Value } from '../../../graph/graph.js';
import type { Tape } from '../../../ops/tape.js';
import { doubledFrom } from './resampling.js';
import type { Mapping, Site } from './site.js';
import { windowPads } from './window.js';

type Two = [number, number];
type Four = [number, number, number, number];

const conv: Mapping = (site) => {
  const { tape } = site;
  const [x, weight, bias] = [site.input(0), site.input(1), site.optional(2)];
  refuseGroups(site);
  if (x.shape.length === 3) return convolvedLine(site, x, weight, bias);
  if (x.shape.length !== 4 || weight.shape.length !== 4)
    throw new RangeError(`expected images, got [${x.shape}] and a weight [${weight.shape}]`);
  const kernel = weight.shape.slice(2);
  const strides = (site.attributes.ints('strides') ?? [1, 1]) as Two;
  const pads = windowPads(site, x.shape.slice(2), kernel, strides) as Four;
  const small = doubledFrom(x);
  const plain = strides.join() === '1,1' && pads.join() === '1,1,1,1' && kernel.join() === '3,3';
  if (small && plain && bias) return upsampleConv(tape, small, { weight, bias });
  const { source, own } = unpadded(tape, x, site);
  const all = pads.map((count, at) => count + (own[at] ?? 0)) as Four;
  return tape.conv(source, weight, bias, { strides, pads: all });
};

/** A convolution over a sequence, as over an image one pixel high. */
function convolvedLine(site: Site, x: Value, weight: Value, bias: Value | null): Value {
  const { tape } = site;
  const image = (value: Value) =>
    tape.reshape(value, [value.shape[0] ?? 1, value.shape[1] ?? 1, 1, value.shape[2] ?? 1]);
  const [stride = 1] = site.attributes.ints('strides') ?? [1];
  const [left = 0, right = 0] = windowPads(site, x.shape.slice(2), weight.shape.slice(2), [stride]);
  const made = tape.conv(image(x), image(weight), bias, { strides: [1, stride], pads: [0, left, 0, right] });
  return tape.reshape(made, [made.shape[0] ?? 1, made.shape[1] ?? 1, made.shape[3] ?? 1]);
}

/** The image before a padding with zeros, which the convolution can do itself. */
function unpadded(tape: Tape, x: Value, site: Site): { source: Value; own: readonly number[] } {
  const maker = tape.producerOf(x);
  const [source, operand] = [maker?.inputs[0], maker?.inputs[1]];
  if (maker?.op !== 'Pad' || !source || !operand) return { source: x, own: [0, 0, 0, 0] };
  const [n, c, top, left, nEnd, cEnd, bottom, right] = tape.integersOf(operand);
  site.keepSamplesApart(0, [1, 2, 3]);
  if (n || c || nEnd || cEnd) return { source: x, own: [0, 0, 0, 0] };
  return { source, own: [top ?? 0, left ?? 0, bottom ?? 0, right ?? 0] };
}

function refuseGroups(site: Site): void {
  const groups = site.attributes.number('group', 1);
  if (groups !== 1) throw new RangeError(`group: expected 1, got ${groups}`);
  const dilations = site.attributes.ints('dilations') ?? [1];
  if (dilations.some((dilation) => dilation !== 1)) throw new RangeError(`dilations: expected 1, got ${dilations}`);
}

const convTranspose: Mapping = (site) => {
  const { tape } = site;
  const [x, weight, bias] = [site.input(0), site.input(1), site.optional(2)];
  refuseGroups(site);
  if (
    x.shape.length !== 4 ||
    site.attributes.text('auto_pad', 'NOTSET') !== 'NOTSET' ||
    site.attributes.has('output_shape')
  )
    throw new RangeError('expected images and explicit pads');
  const made = tape.convTranspose(x, weight, {
    strides: (site.attributes.ints('strides') ?? [1, 1]) as Two,
    pads: (site.attributes.ints('pads') ?? [0, 0, 0, 0]) as Four,
    outputPadding: (site.attributes.ints('output_padding') ?? [0, 0]) as Two,
  });
  return bias ? tape.add(made, tape.reshape(bias, [1, bias.shape[0] ?? 1, 1, 1])) : made;
};

export const CONVOLUTION: Readonly<Record<string, Mapping>> = { Conv: conv, ConvTranspose: convTranspose };
