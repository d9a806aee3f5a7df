import type { Site } from './site.js';

/** Pads of a window as ONNX says them: begins, then ends; or to keep the extent (over the stride). */
export function windowPads(
  site: Site,
  extent: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
) {
  const auto = site.attributes.text('auto_pad', 'NOTSET');
  if (auto === 'NOTSET' || auto === 'VALID')
    return (auto === 'NOTSET' && site.attributes.ints('pads')) || new Array<number>(2 * kernel.length).fill(0);
  const total = kernel.map((size, axis) => {
    const [length, stride] = [extent[axis] ?? 0, strides[axis] ?? 1];
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + size - length);
  });
  const small = total.map((count) => Math.floor(count / 2));
  const large = total.map((count) => Math.ceil(count / 2));
  return auto === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small];
}
