import { type FloatTensor, floatTensor } from '../graph/tensor.js';

/** Images `[N,C,H,W]` averaged over square blocks until neither side is longer than `maxExtent`; blocks at the edge may be smaller. */
export function averagePooled(images: FloatTensor, maxExtent: number): FloatTensor {
  const [n = 0, c = 0, h = 0, w = 0] = images.shape;
  const block = Math.ceil(Math.max(h, w) / maxExtent);
  if (block <= 1) return images;
  const [rows, columns] = [Math.ceil(h / block), Math.ceil(w / block)];
  const out = floatTensor([n, c, rows, columns]);
  const counts = new Float32Array(out.data.length);
  images.data.forEach((value, at) => {
    const [x, y, plane] = [at % w, Math.floor(at / w) % h, Math.floor(at / (w * h))];
    const to = (plane * rows + Math.floor(y / block)) * columns + Math.floor(x / block);
    out.data[to] = (out.data[to] ?? 0) + value;
    counts[to] = (counts[to] ?? 0) + 1;
  });
  counts.forEach((count, at) => {
    out.data[at] = (out.data[at] ?? 0) / count;
  });
  return out;
}
