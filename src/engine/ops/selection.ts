import { normaliseAxis, numberAttribute, type OpDefinition, required } from './definition.js';

/** Index of the least element along `axis`, which is kept with extent 1 unless `keepdims` is 0; int64. */
export const ArgMin: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const { shape } = required(inputs, 0);
    const axis = normaliseAxis(numberAttribute(attributes, 'axis', 0), shape.length);
    const keep = numberAttribute(attributes, 'keepdims', 1) === 1;
    const kept = shape.map((extent, at) => (at === axis ? 1 : extent));
    return [{ shape: keep ? kept : kept.filter((_, at) => at !== axis), dtype: 'int64' }];
  },
  gradient: null,
};

/** Rows of a frozen table: operands are the table and the indices, whose shape takes the place of `axis`. */
export const Gather: OpDefinition = {
  infer: ({ inputs, attributes }) => {
    const [table, indices] = [required(inputs, 0), required(inputs, 1)];
    const axis = normaliseAxis(numberAttribute(attributes, 'axis', 0), table.shape.length);
    return [
      { shape: [...table.shape.slice(0, axis), ...indices.shape, ...table.shape.slice(axis + 1)], dtype: table.dtype },
    ];
  },
  gradient: null,
};

/** Its operand, which counts as a constant when it is differentiated. */
export const StopGradient: OpDefinition = {
  infer: ({ inputs }) => {
    const { shape, dtype } = required(inputs, 0);
    return [{ shape, dtype }];
  },
  gradient: null,
  lower: (tape, inputs) => tape.identity(required(inputs, 0)),
};
