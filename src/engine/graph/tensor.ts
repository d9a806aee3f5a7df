import { floatToHalf } from '../element-types.js';

/** Element types that Azimuth's graphs use; the names are ONNX's. */
export type DType = 'float32' | 'float16' | 'int64' | 'int32' | 'bool';

/** ONNX TensorProto.DataType. */
export const DATA_TYPES: Readonly<Record<DType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 };

/** Of float16 the bits. */
export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array;

/** A dense, row-major tensor in host memory. `data.length` equals the product of `shape` (1 for a scalar, shape `[]`). */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A float32 {@link Tensor}, the only kind that carries gradients. */
export interface FloatTensor extends Tensor {
  readonly dtype: 'float32';
  readonly data: Float32Array;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** A float32 tensor over `data` (not copied), or of zeros where `data` is left out. */
export function floatTensor(
  shape: readonly number[],
  data: Float32Array = new Float32Array(sizeOf(shape)),
): FloatTensor {
  if (data.length !== sizeOf(shape))
    throw new RangeError(`float tensor [${shape}]: expected ${sizeOf(shape)} values, got ${data.length}`);
  return { dtype: 'float32', shape: [...shape], data };
}

/** The same values in memory of their own. */
export function copyOf({ shape, data }: FloatTensor): FloatTensor {
  return floatTensor(shape, data.slice());
}

/** A float32 tensor whose values are computed each time that they are read: a graph is held, and looked at, without them. */
export function lazyTensor(shape: readonly number[], compute: () => Float32Array): FloatTensor {
  return {
    dtype: 'float32',
    shape: [...shape],
    get data() {
      return floatTensor(shape, compute()).data;
    },
  };
}

/** `tensor` rounded to float16, when it is read. */
export function halfTensor(tensor: FloatTensor): Tensor {
  return {
    dtype: 'float16',
    shape: tensor.shape,
    get data() {
      return Uint16Array.from(tensor.data, floatToHalf);
    },
  };
}

/** A one-dimensional int64 tensor, as ONNX takes shapes, axes and pads. */
export function int64Tensor(values: readonly number[]): Tensor {
  return { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, (value) => BigInt(value)) };
}

/** A float32 scalar, shape `[]`. */
export function scalar(value: number): FloatTensor {
  return floatTensor([], Float32Array.of(value));
}
