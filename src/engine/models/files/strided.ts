import { type ElementType, toFloat32 } from '../../element-types.js';
import { floatTensor, sizeOf } from '../../graph/tensor.js';
import { STORAGE_TYPES } from './pickle-globals.js';
import type { PickledTensor } from './pickle-value.js';
import type { StoredTensor } from './stored-tensor.js';
import type { WeightFile } from './weight-file.js';
import type { ZipArchive } from './zip-archive.js';

/** Reads a view of a storage: the part of the archive's entry that it spans, put into row-major order. */
export function loadStrided(
  file: WeightFile,
  archive: ZipArchive,
  folder: string,
  { storage, offset, shape, strides }: PickledTensor,
): StoredTensor['load'] {
  return async () => {
    const count = sizeOf(shape);
    const entry = folder + storage.key;
    file.reserve(count, entry);
    if (count === 0) return floatTensor(shape);
    const type = STORAGE_TYPES.get(storage.type);
    if (!type) throw file.invalid(`${entry}: unknown storage ${storage.type}.`);
    const span = shape.reduce((last, extent, axis) => last + (extent - 1) * (strides[axis] ?? 0), 0) + 1;
    const bytes = await archive.read(entry, offset * type.width, span * type.width);
    return floatTensor(
      shape,
      isDense(shape, strides) ? toFloat32(bytes, span, type) : gather(bytes, type, shape, strides),
    );
  };
}

/** Whether elements follow each other in row-major order; strides of axes of one element mean nothing. */
function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const extent = shape[axis] ?? 1;
    if (extent !== 1 && strides[axis] !== expected) return false;
    expected *= extent;
  }
  return true;
}

function gather(
  bytes: Uint8Array,
  type: ElementType,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let from = 0;
  for (let at = 0; at < out.length; at += 1) {
    out[at] = type.read(view, from * type.width);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const [stride, extent] = [strides[axis] ?? 0, shape[axis] ?? 1];
      index[axis] = (index[axis] ?? 0) + 1;
      from += stride;
      if ((index[axis] ?? 0) < extent) break;
      from -= stride * extent;
      index[axis] = 0;
    }
  }
  return out;
}
