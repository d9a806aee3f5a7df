import { sizeOf } from '../graph/tensor.js';
import { broadcastShape, numberAttribute, type OpDefinition, required } from './definition.js';

/** `[…, m, k] × […, k, n]`, leading axes broadcast; both operands of rank 2 or more. */
export const MatMul: OpDefinition = {
  infer: ({ inputs }) => {
    const [a, b] = [required(inputs, 0), required(inputs, 1)];
    const [m, k] = a.shape.slice(-2) as [number, number];
    const [rows, n] = b.shape.slice(-2) as [number, number];
    if (a.shape.length < 2 || b.shape.length < 2 || k !== rows)
      throw new RangeError(`MatMul of [${a.shape}] and [${b.shape}]`);
    return [{ shape: [...broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n], dtype: a.dtype }];
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [a, b, g] = [required(node.inputs, 0), required(node.inputs, 1), required(cotangents, 0)];
    const left = () => tape.sumTo(tape.matmul(g, tape.transposeLast(b)), a.shape);
    const right = () => {
      // A weight shared by the whole batch: one product over all rows in place of one a sample and a sum.
      if (b.shape.length > 2 || a.shape.length === 2) return tape.sumTo(tape.matmul(tape.transposeLast(a), g), b.shape);
      const [k, n] = b.shape as [number, number];
      const rows = sizeOf(a.shape) / k;
      return tape.matmul(tape.transposeLast(tape.reshape(a, [rows, k])), tape.reshape(g, [rows, n]));
    };
    return [needs(0) ? left() : null, needs(1) ? right() : null];
  },
};

/** α·`[m,k]`×`[k,n]`, to which β·`[m,n]` is added where there is a third operand. */
export const Gemm: OpDefinition = {
  infer: ({ inputs }) => {
    const [a, b, c] = [required(inputs, 0), required(inputs, 1), inputs[2] ?? null];
    const shape = [a.shape[0] ?? 0, b.shape[1] ?? 0];
    const areMatrices = a.shape.length === 2 && b.shape.length === 2 && a.shape[1] === b.shape[0];
    if (!areMatrices || (c && c.shape.join() !== shape.join()))
      throw new RangeError(`expected [m,k], [k,n] and [m,n], got ${inputs.map((one) => `[${one?.shape}]`).join(', ')}`);
    return [{ shape, dtype: a.dtype }];
  },
  gradient: ({ tape, node, cotangents, needs }) => {
    const [a, b, g] = [required(node.inputs, 0), required(node.inputs, 1), required(cotangents, 0)];
    const alpha = numberAttribute(node.attributes, 'alpha', 1);
    const beta = numberAttribute(node.attributes, 'beta', 1);
    return [
      needs(0) ? tape.gemm(g, tape.transposeLast(b), { alpha }) : null,
      needs(1) ? tape.gemm(tape.transposeLast(a), g, { alpha }) : null,
      node.inputs[2] && needs(2) ? tape.mul(g, tape.scalar(beta)) : null,
    ];
  },
};
