import { type Four, type OpDefinition, pairAttribute, quadAttribute, required, type Two } from './definition.js';
import { inputGradient } from './input-gradient.js';
import { kernelGradient } from './kernel-gradient.js';

/** Two-dimensional, no groups, no dilation. Operands: x `[N,C,H,W]`, w `[O,C,kh,kw]`, optional bias `[O]`; pads top, left, bottom, right. */
export const Conv: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const [x, w] = [required(inputs, 0), required(inputs, 1)];
    const [n, c, height, width] = x.shape as Four;
    const [o, channels, kh, kw] = w.shape as Four;
    if (c !== channels) throw new RangeError(`Conv: input has ${c} channels, weight [${w.shape}] expects ${channels}`);
    const [sh, sw] = pairAttribute(attributes, 'strides');
    const [top, left, bottom, right] = quadAttribute(attributes, 'pads');
    const extent = (size: number, pads: number, kernel: number, stride: number) =>
      Math.floor((size + pads - kernel) / stride) + 1;
    return [
      { shape: [n, o, extent(height, top + bottom, kh, sh), extent(width, left + right, kw, sw)], dtype: x.dtype },
    ];
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, w, g] = [required(node.inputs, 0), required(node.inputs, 1), required(cotangents, 0)];
    const strides = pairAttribute(node.attributes, 'strides');
    const pads = quadAttribute(node.attributes, 'pads');
    const hasBias = node.inputs.length > 2;
    return [
      needs(0) ? inputGradient(tape, g, { kernel: w, shape: x.shape as Four, strides, pads }) : null,
      needs(1) ? kernelGradient(tape, x, g, w.shape as Four, strides, pads) : null,
      ...(hasBias ? [needs(2) ? tape.reduceSum(g, [0, 2, 3], false) : null] : []),
    ];
  },
};

/** Adjoint of {@link Conv} in its input. Operands: x `[N,C,H,W]`, w `[C,O,kh,kw]`. */
export const ConvTranspose: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const [x, w] = [required(inputs, 0), required(inputs, 1)];
    const [n, , height, width] = x.shape as Four;
    const [, o, kh, kw] = w.shape as Four;
    const [sh, sw] = pairAttribute(attributes, 'strides');
    const [top, left, bottom, right] = quadAttribute(attributes, 'pads');
    const [eh, ew] = pairAttribute(attributes, 'output_padding');
    return [
      {
        shape: [n, o, (height - 1) * sh - top - bottom + kh + eh, (width - 1) * sw - left - right + kw + ew],
        dtype: x.dtype,
      },
    ];
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [x, w, g] = [required(node.inputs, 0), required(node.inputs, 1), required(cotangents, 0)];
    const strides = pairAttribute(node.attributes, 'strides');
    const pads = quadAttribute(node.attributes, 'pads');
    return [
      needs(0)
        ? tape.conv(g, w, null, {
            strides,
            pads: trimmed(g.shape as Four, x.shape as Four, w.shape as Four, strides, pads),
          })
        : null,
      needs(1) ? kernelGradient(tape, g, x, w.shape as Four, strides, pads) : null,
    ];
  },
};

/** Pads whose end is cut so that the convolution gives exactly `target`'s extent (output padding adds rows nobody reads). */
function trimmed(from: Four, target: Four, kernel: Four, strides: Two, [top, left]: Four): Four {
  const end = (size: number, begin: number, axis: 0 | 1) =>
    (target[axis + 2]! - 1) * strides[axis] + kernel[axis + 2]! - size - begin;
  return [top, left, end(from[2], top, 0), end(from[3], left, 1)];
}
