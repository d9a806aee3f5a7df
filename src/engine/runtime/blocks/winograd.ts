import type { Node, Value } from '../../graph/graph.js';
import { lazyTensor, type Tensor } from '../../graph/tensor.js';
import { singleFilter } from './filter.js';
import type { BlockedImages } from './images.js';
import type { Rule } from './rules.js';

/** One of the one-dimensional algorithms F(m,3) of Winograd (arXiv 1509.09308): m outputs of m + 2 products, in place of 3·m. */
interface Algorithm {
  /** Outputs of a tile. */
  readonly outputs: number;
  /** Rows of Bᵀ, from a tile's m + 2 rows to what is multiplied. */
  readonly ofImage: readonly (readonly number[])[];
  /** Rows of G, from the three rows of a kernel to what it is multiplied with. */
  readonly ofKernel: readonly (readonly number[])[];
  /** Aᵀ: emits the tile's outputs of `product(j)`, convolutions to which a summand may be added. */
  readonly emit: (images: BlockedImages, product: (j: number, summand?: Value) => Value) => Value[];
}

const TWO: Algorithm = {
  outputs: 2,
  ofImage: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  // The last one with its sign changed, so that it is added.
  ofKernel: [
    [1, 0, 0],
    [1 / 2, 1 / 2, 1 / 2],
    [1 / 2, -1 / 2, 1 / 2],
    [0, 0, -1],
  ],
  emit: (images, product) => {
    const [a, b] = [product(1), product(2)];
    return [product(0, images.combined('Add', a, b)), product(3, images.combined('Sub', a, b))];
  },
};

const FOUR: Algorithm = {
  outputs: 4,
  ofImage: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  ofKernel: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
  emit: (images, product) => {
    const pair = (j: number) => {
      const [a, b] = [product(j), product(j + 1)];
      return [images.combined('Add', a, b), images.combined('Sub', a, b)] as const;
    };
    const [[sum, difference], [outerSum, outerDifference]] = [pair(1), pair(3)];
    return [
      product(0, images.combined('Add', sum, outerSum)),
      images.weighted(outerDifference, 2, difference),
      images.weighted(outerSum, 4, sum),
      product(5, images.weighted(outerDifference, 8, difference)),
    ];
  },
};

/** What is worth the passes that tiles cost: channels of input and output together, and pixels. */
const LEAST: readonly { readonly algorithm: Algorithm; readonly channels: number; readonly pixels: number }[] = [
  { algorithm: FOUR, channels: 128, pixels: 1024 },
  { algorithm: TWO, channels: 256, pixels: 256 },
];

/** The algorithm that a convolution of images `[N,C,H,W]` is fastest with; undefined if that is none. */
function algorithmFor({ attributes, inputs, outputs }: Node): Algorithm | undefined {
  const [, c = 0, h = 0, w = 0] = inputs[0]?.shape ?? [];
  const same = ['3,3', '1,1', '1,1,1,1'];
  const isSame = ['kernel_shape', 'strides', 'pads'].every((name, at) => String(attributes[name]) === same[at]);
  const both = c + (outputs[0]?.shape[1] ?? 0);
  const fitting = LEAST.find(
    ({ algorithm, channels, pixels }) => both >= channels && h * w >= pixels && h % algorithm.outputs === 0,
  );
  return isSame ? fitting?.algorithm : undefined;
}

/**
 * A 3×3 convolution along whose columns tiles of rows are convolved as F(m,3): transformed by convolutions of single channels,
 * multiplied by ones of 1×3, joined row by row. Operands as those of a convolution with a summand.
 */
export const winograd: Rule = (images, node) => {
  const algorithm = algorithmFor(node);
  if (!algorithm || !images.fits(node.inputs[0] as Value)) return false;
  const [x, weight, bias = null, sum = null] = node.inputs as [Value, Value, Value?, Value?];
  const { outputs: m, ofImage, ofKernel } = algorithm;
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const output = node.outputs[0] as Value;
  const channels = output.shape[1] ?? 1;
  const image = images.inBlocks(x);
  const tile = (j: number) => {
    const { taps, above, below } = window(ofImage[j] as readonly number[], m);
    const tiles = images.value('tiles', [n, c, h / m, w]);
    const filter = images.constant(singleFilter(taps, c, images.block), `tiles_${m}_${j}_${c}`);
    const attributes = { kernel_shape: [taps.length, 1], strides: [m, 1], pads: [above, 0, below, 0], group: c };
    images.convolve([image, filter], tiles, attributes);
    return tiles;
  };
  const offsets = bias && images.inOrder(bias);
  const product = (j: number, summand: Value | null = null) => {
    const factors = ofKernel[j] as readonly number[];
    const filter = images.filter(weight, (kernel) => rowKernel(kernel, factors), `winograd_${m}_${j}`);
    const made = images.value('product', [n, channels, h / m, w]);
    // What the second makes is part of every output, once.
    const operands = [tile(j), filter, j === 1 ? offsets : null, summand];
    images.convolve(operands, made, { kernel_shape: [1, 3], strides: [1, 1], pads: [0, 1, 0, 1] });
    return made;
  };
  const [count, row] = [(n * channels * h) / m / images.block, w * images.block];
  const rows = algorithm.emit(images, product).map((part) => images.reshape(part, [count, 1, row]));
  const joined = images.value('joined', [count, m, row]);
  images.push('Concat', rows, joined, { axis: 1 });
  const whole = sum ? images.value('whole', output.shape) : images.made(output);
  images.push('Reshape', [joined, images.extents(output.shape)], whole);
  if (sum) images.push('Add', [whole, images.inBlocks(sum)], images.made(output));
  return true;
};

/** A row of Bᵀ as a convolution of stride m: its taps without the zeros around them, and the padding of an image's columns. */
function window(row: readonly number[], m: number): { taps: readonly number[]; above: number; below: number } {
  const first = row.findIndex((value) => value !== 0);
  const last = row.findLastIndex((value) => value !== 0);
  // A tile begins a row before the first output's.
  const begin = Math.min(first, 1);
  return { taps: row.slice(begin, last + 1), above: 1 - begin, below: Math.max(0, last - m) };
}

/** `[O,C,3,3]` to `[O,C,1,3]`: Σ factors·rows. */
function rowKernel(kernel: Tensor, [a = 0, b = 0, c = 0]: readonly number[]): Tensor {
  const [outputs, channels, , columns] = kernel.shape as [number, number, number, number];
  return lazyTensor([outputs, channels, 1, columns], () => {
    const data = kernel.data as Float32Array;
    const at = (index: number) => data[index] as number;
    return Float32Array.from({ length: outputs * channels * columns }, (_, to) => {
      const first = Math.floor(to / columns) * 3 * columns + (to % columns);
      return a * at(first) + b * at(first + columns) + c * at(first + 2 * columns);
    });
  });
}
