import { halfToFloat } from '../../element-types.js';
import type { TensorProto } from '../../graph/onnx-messages.js';
import { sizeOf } from '../../graph/tensor.js';

/** Element types that are told apart while constants are computed: every integer type counts as `int64`. */
export type HostKind = 'float32' | 'float64' | 'int64' | 'bool';

/** A tensor known while a model is loaded, row-major. Integers beyond 2⁵³ are rounded: exporters use them as "no end" only. */
export interface HostTensor {
  readonly kind: HostKind;
  readonly shape: readonly number[];
  /** A Float32Array where `kind` is float32. */
  readonly data: Float32Array | Float64Array;
}

/** More elements than this are not computed while loading: no UNet's constants come near. */
const MAX_ELEMENTS = 2 ** 26;

/** A tensor of zeros. Throws RangeError on extents that are none, or absurdly many elements. */
export function hostTensor(kind: HostKind, shape: readonly number[]): HostTensor {
  const size = sizeOf(shape);
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) || size > MAX_ELEMENTS)
    throw new RangeError(`a constant of shape [${shape}] is not computed`);
  return { kind, shape: [...shape], data: kind === 'float32' ? new Float32Array(size) : new Float64Array(size) };
}

/** A tensor whose element `at` is `element(at)`. */
export function computed(kind: HostKind, shape: readonly number[], element: (at: number) => number): HostTensor {
  const out = hostTensor(kind, shape);
  for (let at = 0; at < out.data.length; at += 1) out.data[at] = element(at);
  return out;
}

export function intList(values: readonly number[]): HostTensor {
  return computed('int64', [values.length], (at) => values[at] ?? 0);
}

export function isFloat({ kind }: HostTensor): boolean {
  return kind === 'float32' || kind === 'float64';
}

/** Floating point as the runtime computes it: what came as float16, bfloat16 or float64 is rounded or widened to float32. */
export function toFloat32({ data }: HostTensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

type Reader = (view: DataView, at: number) => number;

interface ElementType {
  readonly name: string;
  readonly kind: HostKind;
  readonly width: number;
  readonly read: Reader;
}

const element = (name: string, kind: HostKind, width: number, read: Reader): ElementType => ({
  name,
  kind,
  width,
  read,
});

const bfloat = new DataView(new ArrayBuffer(4));

/** By ONNX's TensorProto.DataType. */
const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = {
  1: element('float', 'float32', 4, (view, at) => view.getFloat32(at, true)),
  2: element('uint8', 'int64', 1, (view, at) => view.getUint8(at)),
  3: element('int8', 'int64', 1, (view, at) => view.getInt8(at)),
  4: element('uint16', 'int64', 2, (view, at) => view.getUint16(at, true)),
  5: element('int16', 'int64', 2, (view, at) => view.getInt16(at, true)),
  6: element('int32', 'int64', 4, (view, at) => view.getInt32(at, true)),
  7: element('int64', 'int64', 8, (view, at) => Number(view.getBigInt64(at, true))),
  9: element('bool', 'bool', 1, (view, at) => view.getUint8(at)),
  10: element('float16', 'float32', 2, (view, at) => halfToFloat(view.getUint16(at, true))),
  11: element('double', 'float64', 8, (view, at) => view.getFloat64(at, true)),
  12: element('uint32', 'int64', 4, (view, at) => view.getUint32(at, true)),
  13: element('uint64', 'int64', 8, (view, at) => Number(view.getBigUint64(at, true))),
  16: element('bfloat16', 'float32', 2, (view, at) => {
    bfloat.setUint16(0, view.getUint16(at, true));
    return bfloat.getFloat32(0);
  }),
};

/** What is known of an ONNX element type. Throws RangeError on one that is not read (strings, complex, 4 and 8 bits). */
export function elementType(code: number): ElementType {
  const found = ELEMENT_TYPES[code];
  if (found) return found;
  throw new RangeError(`element type ${code} of ONNX is not read`);
}

/** `bytes` as a tensor of an ONNX element type. Throws RangeError if their number does not fit the shape. */
export function fromBytes(code: number, shape: readonly number[], bytes: Uint8Array): HostTensor {
  const { kind, width, read, name } = elementType(code);
  const size = sizeOf(shape);
  if (bytes.byteLength !== size * width)
    throw new RangeError(`${name} [${shape}] needs ${size * width} bytes, got ${bytes.byteLength}`);
  if (code === 1) return { kind, shape, data: new Float32Array(new Uint8Array(bytes).buffer) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = kind === 'float32' ? new Float32Array(size) : new Float64Array(size);
  for (let at = 0; at < size; at += 1) data[at] = read(view, at * width);
  return { kind, shape, data };
}

/** An embedded tensor of a file. Throws RangeError on a shape that is none, or values that do not fit it. */
export function fromProto(proto: TensorProto): HostTensor {
  const shape = [...proto.dims];
  const size = sizeOf(shape);
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) || !Number.isSafeInteger(size))
    throw new RangeError(`[${shape}] is no shape`);
  if (proto.rawData.length > 0) return fromBytes(proto.dataType, shape, proto.rawData);
  const { kind, name } = elementType(proto.dataType);
  const { floatData, int32Data, int64Data, doubleData, uint64Data } = proto;
  const values = [floatData, int32Data, int64Data, doubleData, uint64Data].find((list) => list.length > 0) ?? [];
  if (values.length !== size) throw new RangeError(`${name} [${shape}] needs ${size} values, got ${values.length}`);
  // Halves lie in the integer list, as their bits.
  const decoded = values === int32Data && kind === 'float32' ? fromBits(proto.dataType, values) : values;
  return { kind, shape, data: kind === 'float32' ? Float32Array.from(decoded) : Float64Array.from(decoded) };
}

function fromBits(code: number, values: readonly number[]): Float32Array {
  const words = Uint16Array.from(values);
  return fromBytes(code, [values.length], new Uint8Array(words.buffer)).data as Float32Array;
}
