import type { Value } from '../../graph/graph.js';
import type { BlockedImages } from './images.js';
import type { Rule } from './rules.js';

/** Shapes of two halves, and of both as one. */
interface Halves {
  readonly one: readonly number[];
  readonly both: readonly number[];
}

/** Halves of images of `shape` that are joined pixel by pixel, each a block of numbers, and row by row. */
function halvesOf(images: BlockedImages, { shape }: Value): Readonly<Record<'pixels' | 'rows', Halves>> {
  const [n, c, h, w] = shape as [number, number, number, number];
  const rows = (n * c * h) / images.block;
  const halves = (count: number, length: number) => ({ one: [count, 1, length], both: [count, 2, length] });
  return { pixels: halves(rows * w, images.block), rows: halves(rows, 2 * w * images.block) };
}

/** Even and odd columns, then even and odd rows. */
export const interleave: Rule = (images, { inputs, outputs }) => {
  const phases = inputs as readonly [Value, Value, Value, Value];
  if (!phases.every((phase) => images.fits(phase))) return false;
  const { pixels, rows } = halvesOf(images, phases[0]);
  const join = (a: Value, b: Value, { one, both }: Halves) => {
    const joined = images.value('joined', both);
    images.push('Concat', [images.reshape(a, one), images.reshape(b, one)], joined, { axis: 1 });
    return joined;
  };
  const [a, b, c, d] = phases.map((phase) => images.inBlocks(phase)) as [Value, Value, Value, Value];
  const all = join(join(a, b, pixels), join(c, d, pixels), rows);
  const output = images.made(outputs[0] as Value);
  images.push('Reshape', [all, images.extents(output.shape)], output);
  return true;
};

export const deinterleave: Rule = (images, { inputs, outputs }) => {
  const x = inputs[0] as Value;
  if (!images.fits(x)) return false;
  const { pixels, rows } = halvesOf(images, outputs[0] as Value);
  const part = (value: Value, { one, both }: Halves) => {
    const parts = [images.value('part', one), images.value('part', one)];
    const operands = [images.reshape(value, both), images.extents([1, 1])];
    images.nodes.push({ op: 'Split', inputs: operands, outputs: parts, attributes: { axis: 1 } });
    return parts;
  };
  const phases = part(images.inBlocks(x), rows).flatMap((row) => part(row, pixels));
  outputs.forEach((output, at) => {
    images.push('Reshape', [phases[at] as Value, images.extents(output.shape)], images.made(output));
  });
  return true;
};
