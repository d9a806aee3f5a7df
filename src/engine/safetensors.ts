import { BF16, type ElementType, F16, F32, F64, toFloat32 } from './element-types.js';
import { EngineError } from './errors.js';
import { type FloatTensor, floatTensor, sizeOf } from './graph/tensor.js';
import { shown } from './shown.js';

/** Named float32 tensors and string metadata: the content of a safetensors file. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, FloatTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where a tensor lies in a safetensors file; offsets from the end of the header. */
export interface TensorSpan {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Beyond what 100 000 tensors need; the format itself allows 100 MB, of which a parser makes many times that. */
export const MAX_HEADER_BYTES = 16 * 2 ** 20;
const TYPES: ReadonlyMap<unknown, ElementType> = new Map([
  ['F64', F64],
  ['F32', F32],
  ['F16', F16],
  ['BF16', BF16],
]);
const MAX_RANK = 32;

function invalid(where: string, message: string): EngineError {
  return new EngineError('MODEL_INVALID', `${where}: ${message}`);
}

/**
 * Reads a safetensors file; F16, BF16 and F64 become float32. Throws MODEL_INVALID, naming `where`, on a header that is
 * not one, offsets outside the file, lengths that do not fit the shape, overlaps, or an element type without fractions.
 */
export function readSafetensors(bytes: Uint8Array, where: string): TensorFile {
  const dataStart = 8 + headerLength(bytes, bytes.byteLength, where);
  const { spans, metadata } = parseHeader(bytes.subarray(8, dataStart), bytes.byteLength - dataStart, where);
  const tensors = new Map<string, FloatTensor>();
  for (const { name, shape, type, begin, end } of spans) {
    const data = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, floatTensor(shape, toFloat32(data, sizeOf(shape), type)));
  }
  return { tensors, metadata };
}

/** Length of the header, from the first eight bytes of a file of `size` bytes. */
export function headerLength(start: Uint8Array, size: number, where: string): number {
  if (start.byteLength < 8) throw invalid(where, `expected a safetensors file, got ${start.byteLength} bytes.`);
  const view = new DataView(start.buffer, start.byteOffset, 8);
  const length = Number(view.getBigUint64(0, true));
  if (length <= MAX_HEADER_BYTES && 8 + length <= size) return length;
  throw invalid(where, `the header claims ${length} bytes, the file has ${size}; it is truncated or not safetensors.`);
}

/** The tensors that a header lists, all of them inside `available` bytes of data and none over another. */
export function parseHeader(
  text: Uint8Array,
  available: number,
  where: string,
): { spans: readonly TensorSpan[]; metadata: Record<string, string> } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw new EngineError('MODEL_INVALID', `${where}: the header is not JSON.`, { cause });
  }
  if (!isRecord(header)) throw invalid(where, 'the header is not a JSON object.');
  const spans = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkEntry(name, entry, available, where));
  const sorted = [...spans].sort((a, b) => a.begin - b.begin || a.end - b.end);
  sorted.forEach(({ name, begin }, index) => {
    const previous = sorted[index - 1];
    if (previous && begin < previous.end) throw invalid(where, `tensors ${previous.name} and ${name} overlap.`);
  });
  return { spans, metadata: readMetadata(header['__metadata__'], where) };
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

function checkEntry(name: string, entry: unknown, available: number, where: string): TensorSpan {
  if (!isRecord(entry)) throw invalid(where, `tensor ${name}: expected an object, got ${shown(entry)}.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = TYPES.get(dtype);
  if (!type)
    throw invalid(where, `tensor ${name}: expected element type ${[...TYPES.keys()].join(', ')}, got ${shown(dtype)}.`);
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isExtent))
    throw invalid(where, `tensor ${name}: shape ${shown(shape)} is not one.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isExtent))
    throw invalid(where, `tensor ${name}: data_offsets ${shown(offsets)} are not two offsets.`);
  const [begin, end] = offsets as [number, number];
  const expected = sizeOf(shape) * type.width;
  if (end > available || end - begin !== expected) {
    throw invalid(
      where,
      `tensor ${name}: ${dtype} [${shape}] needs ${expected} bytes, offsets ${begin}…${end} of ${available} do not give them.`,
    );
  }
  return { name, type, shape: shape as number[], begin, end };
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
