import type { Value } from '../graph/graph.js';
import { DATA_TYPES, sizeOf } from '../graph/tensor.js';
import { intsAttribute, normaliseAxis, numberAttribute, type OpDefinition, required } from './definition.js';

/** Attribute `to`: ONNX's number of float32 or float16. */
export const Cast: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const to = numberAttribute(attributes, 'to');
    const found = (['float32', 'float16'] as const).find((dtype) => DATA_TYPES[dtype] === to);
    if (!found) throw new RangeError(`attribute to: expected float32 or float16, got ${to}`);
    return [{ shape: required(inputs, 0).shape, dtype: found }];
  },
  gradient: ({ tape, node, cotangents }) => [
    tape.apply('Cast', [required(cotangents, 0)], { to: DATA_TYPES[required(node.inputs, 0).dtype] })[0] as Value,
  ],
};

export const Reshape: OpDefinition = {
  infer: ({ inputs, integers }) => {
    const x = required(inputs, 0);
    const shape = integers(1);
    if (sizeOf(shape) !== sizeOf(x.shape)) throw new RangeError(`cannot reshape [${x.shape}] to [${shape}]`);
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ tape, node, cotangents }) => [
    tape.reshape(required(cotangents, 0), required(node.inputs, 0).shape),
    null,
  ],
};

export const Transpose: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const x = required(inputs, 0);
    const perm = intsAttribute(attributes, 'perm');
    return [{ shape: perm.map((axis) => x.shape[normaliseAxis(axis, x.shape.length)] ?? 0), dtype: x.dtype }];
  },
  gradient: ({ tape, node, cotangents }) => {
    const perm = intsAttribute(node.attributes, 'perm');
    return [
      tape.transpose(
        required(cotangents, 0),
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ];
  },
};

export const Concat: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const first = required(inputs, 0);
    const axis = normaliseAxis(numberAttribute(attributes, 'axis'), first.shape.length);
    const shape = [...first.shape];
    shape[axis] = inputs.reduce((sum, _, index) => sum + (required(inputs, index).shape[axis] ?? 0), 0);
    return [{ shape, dtype: first.dtype }];
  },
  gradient: ({ tape, node, cotangents }) => {
    const axis = numberAttribute(node.attributes, 'axis');
    const extents = node.inputs.map((_, index) => {
      const { shape } = required(node.inputs, index);
      return shape[normaliseAxis(axis, shape.length)] ?? 0;
    });
    return tape.split(required(cotangents, 0), extents, axis);
  },
};

export const Split: OpDefinition = {
  infer: ({ inputs, attributes, integers }) => {
    const x = required(inputs, 0);
    const axis = normaliseAxis(numberAttribute(attributes, 'axis'), x.shape.length);
    return integers(1).map((extent) => ({
      shape: x.shape.map((old, at) => (at === axis ? extent : old)),
      dtype: x.dtype,
    }));
  },
  gradient: ({ tape, node, cotangents }) => {
    const parts = node.outputs.map((output, index) => cotangents[index] ?? tape.zeros(output.shape));
    return [tape.concat(parts, numberAttribute(node.attributes, 'axis')), null];
  },
};

/**
 * Operands: data, starts, ends, axes, steps; ends clamped as ONNX does. Steps are positive, or −1 over a whole
 * axis: of other backward walks ONNX Runtime 1.30's WebGPU provider gives wrong elements.
 */
export const Slice: OpDefinition = {
  infer: ({ inputs, integers }) => {
    const x = required(inputs, 0);
    const [starts, ends, axes, steps] = [integers(1), integers(2), integers(3), integers(4)];
    const shape = [...x.shape];
    axes.forEach((axis, at) => {
      shape[axis] = sliceIndices(x.shape[axis] ?? 0, starts[at] ?? 0, ends[at] ?? 0, steps[at] ?? 1).count;
    });
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ tape, node, cotangents }) => {
    const x = required(node.inputs, 0);
    const operand = (index: number) => tape.integersOf(required(node.inputs, index));
    const [starts, ends, axes, steps] = [operand(1), operand(2), operand(3), operand(4)];
    let g = required(cotangents, 0);
    axes.forEach((axis, at) => {
      const extent = x.shape[axis] ?? 0;
      const { first, count, step } = sliceIndices(extent, starts[at] ?? 0, ends[at] ?? 0, steps[at] ?? 1);
      if (step < 0) g = tape.flip(g, [axis]);
      else g = tape.padAxis(tape.dilate(g, axis, step), axis, first, extent - first - ((count - 1) * step + 1));
    });
    return [g, null, null, null, null];
  },
};

/** First index, number of elements and step of one sliced axis. */
function sliceIndices(extent: number, start: number, end: number, step: number) {
  if (step === -1 && start === extent - 1 && end < -extent) return { first: start, count: extent, step };
  if (step < 1)
    throw new RangeError(`step: expected 1 and more, or -1 over the whole axis, got ${step} from ${start} to ${end}`);
  const clamp = (index: number) => Math.min(Math.max(index < 0 ? index + extent : index, 0), extent);
  const first = clamp(start);
  return { first, step, count: Math.max(0, Math.ceil((clamp(end) - first) / step)) };
}

/** Zero padding; operand 1 holds all starts, then all ends. */
export const Pad: OpDefinition = {
  infer: ({ inputs, integers }) => {
    const x = required(inputs, 0);
    const pads = integers(1);
    const rank = x.shape.length;
    return [
      { shape: x.shape.map((extent, axis) => extent + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0)), dtype: x.dtype },
    ];
  },
  gradient: ({ tape, node, cotangents }) => {
    const x = required(node.inputs, 0);
    const pads = tape.integersOf(required(node.inputs, 1)).slice(0, x.shape.length);
    const axes = x.shape.map((_, axis) => axis);
    return [
      tape.slice(
        required(cotangents, 0),
        pads,
        pads.map((pad, axis) => pad + (x.shape[axis] ?? 0)),
        axes,
      ),
      null,
    ];
  },
};

export const Expand: OpDefinition = {
  infer: ({ inputs, integers }) => [{ shape: integers(1), dtype: required(inputs, 0).dtype }],
  gradient: ({ tape, node, cotangents }) => [tape.sumTo(required(cotangents, 0), required(node.inputs, 0).shape), null],
};

/** `[N, C·b², H, W]` → `[N, C, H·b, W·b]`, mode DCR: channel (i·b + j)·C + c goes to (c, y·b + i, x·b + j). */
export const DepthToSpace: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const x = required(inputs, 0);
    const block = numberAttribute(attributes, 'blocksize');
    const [n, c, h, w] = x.shape as [number, number, number, number];
    return [{ shape: [n, c / (block * block), h * block, w * block], dtype: x.dtype }];
  },
  gradient: ({ tape, node, cotangents }) => {
    const block = numberAttribute(node.attributes, 'blocksize');
    const [n, c, h, w] = required(node.inputs, 0).shape as [number, number, number, number];
    const split = tape.reshape(required(cotangents, 0), [n, c / (block * block), h, block, w, block]);
    return [tape.reshape(tape.transpose(split, [0, 3, 5, 1, 2, 4]), [n, c, h, w])];
  },
};
