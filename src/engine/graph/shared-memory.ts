import { type FloatTensor, floatTensor, sizeOf } from './tensor.js';

/** Zeros of `shape` in memory that threads share. A buffer that may grow begins on a page: operators read whole lines of the cache. */
export function sharedTensor(shape: readonly number[]): FloatTensor {
  const bytes = Float32Array.BYTES_PER_ELEMENT * sizeOf(shape);
  const memory = new SharedArrayBuffer(bytes, { maxByteLength: bytes });
  return floatTensor(shape, new Float32Array(memory, 0, sizeOf(shape)));
}

export function isShared({ data }: FloatTensor): boolean {
  return data.buffer instanceof SharedArrayBuffer;
}

/** A copy in memory that threads share: a message hands over no more than where it lies. */
export function sharedCopy({ shape, data }: FloatTensor): FloatTensor {
  const copy = sharedTensor(shape);
  copy.data.set(data);
  return copy;
}
