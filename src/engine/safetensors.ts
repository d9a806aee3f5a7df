import { EngineError } from './errors.js';
import { type FloatTensor, floatTensor, sizeOf } from './graph/tensor.js';

/** Named float32 tensors and string metadata: the content of a safetensors file. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, FloatTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own bound on its JSON header. */
const MAX_HEADER_BYTES = 100 * 2 ** 20;
const WIDTHS: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 };

function invalid(where: string, message: string): EngineError {
  return new EngineError('MODEL_INVALID', `${where}: ${message}`);
}

/**
 * Reads a safetensors file; F16, BF16 and F64 become float32. Throws MODEL_INVALID, naming `where`, on a header that is
 * not one, offsets outside the file, lengths that do not fit the shape, overlaps, or an element type without fractions.
 */
export function readSafetensors(bytes: Uint8Array, where: string): TensorFile {
  const { header, dataStart } = readHeader(bytes, where);
  const tensors = new Map<string, FloatTensor>();
  const spans: [number, number, string][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, begin, end } = checkEntry(name, entry, bytes.byteLength - dataStart, where);
    spans.push([begin, end, name]);
    tensors.set(name, floatTensor(shape, toFloat32(bytes, dataStart + begin, sizeOf(shape), dtype)));
  }
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  spans.forEach(([begin, , name], index) => {
    const previous = spans[index - 1];
    if (previous && begin < previous[1]) throw invalid(where, `tensors ${previous[2]} and ${name} overlap.`);
  });
  return { tensors, metadata: readMetadata(header['__metadata__'], where) };
}

function readHeader(bytes: Uint8Array, where: string): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.byteLength < 8) throw invalid(where, `expected a safetensors file, got ${bytes.byteLength} bytes.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > bytes.byteLength) {
    throw invalid(
      where,
      `the header claims ${length} bytes, the file has ${bytes.byteLength}; it is truncated or not safetensors.`,
    );
  }
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
    if (isRecord(header)) return { header, dataStart: 8 + length };
  } catch (cause) {
    throw new EngineError('MODEL_INVALID', `${where}: the header is not JSON.`, { cause });
  }
  throw invalid(where, 'the header is not a JSON object.');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMetadata(metadata: unknown, where: string): Record<string, string> {
  if (metadata === undefined) return {};
  if (isRecord(metadata) && Object.values(metadata).every((value) => typeof value === 'string'))
    return metadata as Record<string, string>;
  throw invalid(where, '__metadata__ is not an object of strings.');
}

function isExtent(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function checkEntry(name: string, entry: unknown, available: number, where: string) {
  if (!isRecord(entry)) throw invalid(where, `tensor ${name}: expected an object, got ${JSON.stringify(entry)}.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !(dtype in WIDTHS)) {
    throw invalid(
      where,
      `tensor ${name}: expected element type ${Object.keys(WIDTHS).join(', ')}, got ${JSON.stringify(dtype)}.`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isExtent))
    throw invalid(where, `tensor ${name}: shape ${JSON.stringify(shape)} is not one.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isExtent)) {
    throw invalid(where, `tensor ${name}: data_offsets ${JSON.stringify(offsets)} are not two offsets.`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = sizeOf(shape) * (WIDTHS[dtype] ?? 0);
  if (end > available || end - begin !== expected) {
    throw invalid(
      where,
      `tensor ${name}: ${dtype} [${shape}] needs ${expected} bytes, offsets ${begin}…${end} of ${available} do not give them.`,
    );
  }
  return { dtype, shape: shape as number[], begin, end };
}

function toFloat32(bytes: Uint8Array, offset: number, count: number, dtype: string): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count * (WIDTHS[dtype] ?? 0));
  if (dtype === 'F32') return new Float32Array(new Uint8Array(bytes.subarray(offset, offset + count * 4)).buffer);
  if (dtype === 'F64') return Float32Array.from({ length: count }, (_, i) => view.getFloat64(i * 8, true));
  if (dtype === 'F16') return Float32Array.from({ length: count }, (_, i) => halfToFloat(view.getUint16(i * 2, true)));
  const words = Uint32Array.from({ length: count }, (_, i) => view.getUint16(i * 2, true) << 16);
  return new Float32Array(words.buffer);
}

/** IEEE 754 binary16. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Writes float32 tensors in the order given; the same content gives the same bytes. */
export function writeSafetensors({ tensors, metadata }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = JSON.stringify(header);
  const encoded = new TextEncoder().encode(text);
  const padded = Math.ceil(encoded.byteLength / 8) * 8;
  const out = new Uint8Array(8 + padded + offset).fill(0x20, 8, 8 + padded);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.set(encoded, 8);
  let at = 8 + padded;
  for (const { data } of tensors.values()) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out;
}
