/** An element type as files store it, little-endian. */
export interface ElementType {
  /** Bytes of one element. */
  readonly width: number;
  read(view: DataView, offset: number): number;
}

/** IEEE 754 binary16. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** Bits of the nearest IEEE 754 binary16, of two equally near the even one; what is too large becomes infinite. */
export function floatToHalf(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  // Below 2⁻¹⁴ a step is 2⁻²⁴, to which the product is rounded exactly.
  if (magnitude < 0x38800000) return sign | roundedToEven(Math.abs(value) * 2 ** 24);
  const exact = (magnitude - 0x38000000) / 2 ** 13;
  return sign | roundedToEven(exact);
}

function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** The upper half of a binary32. */
function bfloatToFloat(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

export const F64: ElementType = { width: 8, read: (view, at) => view.getFloat64(at, true) };
export const F32: ElementType = { width: 4, read: (view, at) => view.getFloat32(at, true) };
export const F16: ElementType = { width: 2, read: (view, at) => halfToFloat(view.getUint16(at, true)) };
export const BF16: ElementType = { width: 2, read: (view, at) => bfloatToFloat(view.getUint16(at, true)) };
export const I64: ElementType = { width: 8, read: (view, at) => Number(view.getBigInt64(at, true)) };
export const I32: ElementType = { width: 4, read: (view, at) => view.getInt32(at, true) };
export const I16: ElementType = { width: 2, read: (view, at) => view.getInt16(at, true) };
export const I8: ElementType = { width: 1, read: (view, at) => view.getInt8(at) };
export const U8: ElementType = { width: 1, read: (view, at) => view.getUint8(at) };

/** `count` elements as float32; `bytes` is taken over where it already is that. */
export function toFloat32(bytes: Uint8Array<ArrayBuffer>, count: number, type: ElementType): Float32Array {
  if (type === F32 && bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, count * type.width);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 1) out[i] = type.read(view, i * type.width);
  return out;
}
