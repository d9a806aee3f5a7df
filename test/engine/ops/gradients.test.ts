import { describe, expect, it } from 'vitest';
import { groupNorm } from '../../../src/engine/diffusion/layers.js';
import type { Value } from '../../../src/engine/graph/graph.js';
import type { OpName } from '../../../src/engine/ops/table.js';
import { generator, gradientErrors, type Recorded, randomTensor, TOLERANCE } from '../../helpers/numeric.js';

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly build: Recorded;
  /** Range of the inputs, where the operator is not defined or not smooth everywhere. */
  readonly range?: readonly [number, number];
}

const one = (
  shape: readonly number[],
  build: (...[tape, x]: [Parameters<Recorded>[0], Parameters<Recorded>[1][number]]) => ReturnType<Recorded>,
  range?: readonly [number, number],
): Case[] => [
  { name: `[${shape}]`, shapes: [shape], build: (tape, [x]) => build(tape, x!), ...(range ? { range } : {}) },
];

const binary = (op: 'add' | 'sub' | 'mul' | 'div'): Case[] =>
  (
    [
      [
        [2, 3],
        [2, 3],
      ],
      [
        [2, 3, 4],
        [3, 1],
      ],
      [
        [3, 1],
        [2, 3, 4],
      ],
      [[2, 3], []],
    ] as const
  ).map(([a, b]) => ({
    name: `[${a}] with [${b}]`,
    shapes: [a, b],
    build: (tape, [x, y]) => tape[op](x!, y!),
    ...(op === 'div' ? { range: [0.5, 1.5] as const } : {}),
  }));

const convolutions: {
  name: string;
  x: readonly number[];
  w: readonly number[];
  strides: readonly [number, number];
  pads: readonly [number, number, number, number];
}[] = [
  { name: '3×3, same', x: [2, 3, 6, 5], w: [4, 3, 3, 3], strides: [1, 1], pads: [1, 1, 1, 1] },
  { name: '3×3, large image', x: [2, 2, 10, 9], w: [3, 2, 3, 3], strides: [1, 1], pads: [1, 1, 1, 1] },
  { name: '1×1', x: [2, 3, 4, 4], w: [5, 3, 1, 1], strides: [1, 1], pads: [0, 0, 0, 0] },
  { name: '2×2, uneven pads', x: [1, 2, 5, 5], w: [3, 2, 2, 2], strides: [1, 1], pads: [1, 0, 0, 1] },
  { name: '3×3, stride 2', x: [2, 3, 8, 8], w: [4, 3, 3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  {
    name: '3×3, stride 2, bottom and right padding only',
    x: [2, 3, 8, 8],
    w: [4, 3, 3, 3],
    strides: [2, 2],
    pads: [0, 0, 1, 1],
  },
  { name: '4×4, stride 2', x: [2, 3, 8, 8], w: [4, 3, 4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
  {
    name: '3×3, stride 2, odd image that the kernel does not fill',
    x: [1, 2, 8, 7],
    w: [2, 2, 3, 3],
    strides: [2, 2],
    pads: [0, 0, 0, 0],
  },
  {
    name: '3×3, stride 2, odd kernel rows that meet padding alone',
    x: [2, 2, 1, 7],
    w: [2, 2, 3, 3],
    strides: [2, 2],
    pads: [0, 1, 2, 1],
  },
  { name: '4×4, stride 2, odd image', x: [2, 3, 7, 9], w: [4, 3, 4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
  { name: '3×2, strides 2 and 1', x: [2, 3, 6, 5], w: [4, 3, 3, 2], strides: [2, 1], pads: [1, 0, 1, 1] },
  { name: '2×3, strides 1 and 2', x: [2, 3, 5, 6], w: [4, 3, 2, 3], strides: [1, 2], pads: [0, 1, 1, 1] },
  { name: '4×4, stride 3', x: [2, 2, 10, 11], w: [3, 2, 4, 4], strides: [3, 3], pads: [1, 1, 1, 1] },
  { name: '4×4, stride 2, many small images', x: [8, 2, 8, 8], w: [3, 2, 4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
  {
    name: '3×4, strides 2 and 3, uneven pads, many small images',
    x: [16, 2, 8, 6],
    w: [2, 2, 3, 4],
    strides: [2, 3],
    pads: [0, 1, 1, 2],
  },
  { name: '6×6, stride 2', x: [1, 2, 7, 7], w: [2, 2, 6, 6], strides: [2, 2], pads: [2, 2, 2, 2] },
  { name: '1×1, stride 2', x: [2, 3, 6, 6], w: [4, 3, 1, 1], strides: [2, 2], pads: [0, 0, 0, 0] },
];

/** One row and one column beyond what g covers, where the strides allow for them. */
const outputPadding = ([sh, sw]: readonly [number, number], [, , kh, kw]: readonly number[]): [number, number] => [
  Math.min(1, sh - 1, kh! - 1),
  Math.min(1, sw - 1, kw! - 1),
];

const dense = (op: OpName): Case[] =>
  convolutions.map(({ name, x, w, strides, pads }) => ({
    name,
    shapes: op === 'Conv' ? [x, w, [w[0]!]] : [x, [x[1]!, 3, ...w.slice(2)]],
    build: (tape, [input, weight, bias]) =>
      op === 'Conv'
        ? tape.conv(input!, weight!, bias!, { strides, pads })
        : tape.convTranspose(input!, weight!, { strides, pads, outputPadding: outputPadding(strides, w) }),
  }));

/** Every operator: leaving one out does not compile. */
const CASES: Record<OpName, readonly Case[] | 'zero almost everywhere'> = {
  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Neg: one([3, 2], (tape, x) => tape.neg(x)),
  Exp: one([3, 2], (tape, x) => tape.exp(x)),
  Erf: one([3, 4], (tape, x) => tape.erf(x), [-2, 2]),
  Log: one([3, 2], (tape, x) => tape.log(x), [0.5, 2]),
  Sqrt: one([3, 2], (tape, x) => tape.sqrt(x), [0.5, 2]),
  Abs: [...one([3, 2], (tape, x) => tape.abs(x), [0.1, 2]), ...one([4, 2], (tape, x) => tape.abs(x), [-2, -0.1])],
  Sign: 'zero almost everywhere',
  Clip: [...one([3, 2], (tape, x) => tape.clip(x, -2, 2)), ...one([2, 3], (tape, x) => tape.clip(x, -2, 2), [2.1, 3])],
  Sigmoid: one([3, 2], (tape, x) => tape.sigmoid(x)),
  Tanh: one([3, 2], (tape, x) => tape.tanh(x)),
  Relu: [...one([3, 2], (tape, x) => tape.relu(x), [0.1, 2]), ...one([4, 2], (tape, x) => tape.relu(x), [-2, -0.1])],
  Softplus: one([3, 2], (tape, x) => tape.softplus(x)),
  Silu: one([3, 4], (tape, x) => tape.silu(x), [-3, 3]),
  ArgMin: 'zero almost everywhere',
  Gather: 'zero almost everywhere',
  StopGradient: 'zero almost everywhere',
  Identity: one([3, 2], (tape, x) => tape.identity(x)),
  Cast: one([3, 2], (tape, x) => tape.apply('Cast', [x], { to: 1 })[0] as Value),
  Reshape: one([2, 3, 4], (tape, x) => tape.reshape(x, [4, 6])),
  Transpose: one([2, 3, 4], (tape, x) => tape.transpose(x, [2, 0, 1])),
  Concat: [
    {
      name: 'three parts',
      shapes: [
        [2, 1, 3],
        [2, 4, 3],
        [2, 2, 3],
      ],
      build: (tape, parts) => tape.concat(parts, 1),
    },
  ],
  Split: [
    {
      name: 'all parts used',
      shapes: [[2, 6]],
      build: (tape, [x]) => {
        const [a, b, c] = tape.split(x!, [2, 2, 2], 1);
        return tape.mul(tape.mul(a!, b!), c!);
      },
    },
    { name: 'a part left unused', shapes: [[2, 6]], build: (tape, [x]) => tape.exp(tape.split(x!, [1, 2, 3], 1)[1]!) },
  ],
  Slice: [
    ...one([4, 5], (tape, x) => tape.slice(x, [1, 0], [3, 4], [0, 1])),
    ...one([4, 7], (tape, x) => tape.slice(x, [1, 1], [4, 7], [0, 1], [1, 2])),
    ...one([4, 5], (tape, x) => tape.flip(x, [0, 1])),
  ],
  Pad: one([2, 3], (tape, x) => tape.pad(x, [1, 0, 2, 1])),
  Expand: one([1, 3, 1], (tape, x) => tape.expand(x, [2, 2, 3, 4])),
  Interleave: [4, 3].map((w) => ({
    name: `rows of ${w}`,
    shapes: Array.from({ length: 4 }, () => [2, 3, 2, w]),
    build: (tape, phases) => tape.interleave(phases as [Value, Value, Value, Value]),
  })),
  Deinterleave: [8, 6].map((w) => ({
    name: `rows of ${w}`,
    shapes: [[2, 3, 4, w]],
    build: (tape, [x]) => tape.mul(tape.concat(tape.deinterleave(x!), 0), tape.concat(tape.deinterleave(x!), 0)),
  })),
  DepthToSpace: one([2, 8, 3, 2], (tape, x) => tape.depthToSpace(x, 2)),
  ReduceSum: [
    ...one([2, 3, 4], (tape, x) => tape.reduceSum(x, [0, 2])),
    ...one([2, 3, 4], (tape, x) => tape.reduceSum(x, [1], false)),
  ],
  ReduceMean: [
    ...one([2, 3, 4], (tape, x) => tape.reduceMean(x, [-1])),
    ...one([2, 3, 4], (tape, x) => tape.reduceMean(x, [0, 1], false)),
  ],
  ReduceMax: one([2, 3, 4], (tape, x) => tape.reduceMax(x, [0, 2])),
  Softmax: one([3, 5], (tape, x) => tape.softmax(x)),
  LogSoftmax: one([3, 5], (tape, x) => tape.logSoftmax(x)),
  LayerNormalization: [
    {
      name: 'scale and bias trained',
      shapes: [[2, 3, 8], [8], [8]],
      build: (tape, [x, scale, bias]) => tape.layerNormalization(x!, scale!, bias!, -1, 1e-5)[0],
    },
    {
      name: 'scale 1, no bias',
      shapes: [[2, 3, 8]],
      build: (tape, [x]) => tape.layerNormalization(x!, tape.ones([8]), null, -1, 1e-5)[0],
    },
    {
      name: 'over two axes',
      shapes: [
        [2, 3, 4],
        [3, 4],
      ],
      build: (tape, [x, scale]) => tape.layerNormalization(x!, scale!, null, 1, 1e-5)[0],
    },
  ],
  BatchNormalization: [
    [2, 3, 4, 5],
    [2, 3, 4],
    [2, 3],
  ].map((shape) => ({
    name: `scale and bias by channel of [${shape}]`,
    shapes: [shape, [3], [3]],
    build: (tape, [x, scale, bias]) => tape.channelAffine(x!, scale!, bias!),
  })),
  SiluSlope: [
    {
      name: 'of two independent operands',
      shapes: [
        [2, 3],
        [2, 3],
      ],
      build: (tape, [x, y]) => tape.siluSlope(x!, y!),
    },
  ],
  ChannelMoments: [
    ...[
      [2, 4, 3, 3],
      [3, 4, 5],
    ].map(
      (shape): Case => ({
        name: `of two [${shape}]`,
        shapes: [shape, shape],
        build: (tape, [x, y]) => tape.concat(tape.channelMoments(x!, y!), 0),
      }),
    ),
    ...one([2, 3, 2, 4], (tape, x) => tape.concat(tape.channelMoments(x, x), 0)),
    ...one([2, 3, 2, 4], (tape, x) => tape.channelMoments(x, x)[0]),
  ],
  SampleAffine: [
    {
      name: 'scale and bias of each channel and sample',
      shapes: [
        [2, 3, 4, 5],
        [2, 3],
        [2, 1, 3, 1],
      ],
      build: (tape, [x, scale, bias]) => tape.sampleAffine(x!, scale!, bias!),
    },
    {
      name: 'scale alone',
      shapes: [[2, 3, 4], [6]],
      build: (tape, [x, scale]) => tape.sampleAffine(x!, scale!),
    },
  ],
  GroupNormAffine: [
    [2, 4, 3, 3],
    [3, 4, 5],
    [3, 8],
  ].map((shape) => ({
    name: `group normalisation of [${shape}], scale and bias trained`,
    shapes: [shape, [shape[1]!], [shape[1]!]],
    build: (tape, [x, weight, bias]) => groupNorm(tape, x!, 2, 1e-2, { weight: weight!, bias: bias! }),
  })),
  Gemm: [
    {
      name: 'a scaled product and a summand',
      shapes: [
        [3, 4],
        [4, 2],
        [3, 2],
      ],
      build: (tape, [a, b, summand]) => tape.gemm(a!, b!, { alpha: 0.5, beta: -1.5, summand: summand! }),
    },
    {
      name: 'a product alone',
      shapes: [
        [1, 4],
        [4, 3],
      ],
      build: (tape, [a, b]) => tape.gemm(a!, b!, { alpha: -2 }),
    },
  ],
  MatMul: [
    {
      name: 'two matrices',
      shapes: [
        [3, 4],
        [4, 2],
      ],
      build: (tape, [a, b]) => tape.matmul(a!, b!),
    },
    {
      name: 'a batch and one weight',
      shapes: [
        [2, 5, 3, 4],
        [4, 2],
      ],
      build: (tape, [a, b]) => tape.matmul(a!, b!),
    },
    {
      name: 'a matrix and a column',
      shapes: [
        [3, 4],
        [4, 1],
      ],
      build: (tape, [a, b]) => tape.matmul(a!, b!),
    },
    {
      name: 'batches that broadcast',
      shapes: [
        [2, 1, 3, 4],
        [5, 4, 2],
      ],
      build: (tape, [a, b]) => tape.matmul(a!, b!),
    },
  ],
  Conv: dense('Conv'),
  ConvTranspose: dense('ConvTranspose').filter(({ name }) => !name.includes('uneven') && !name.includes('odd')),
};

describe('gradient rules agree with finite differences', () => {
  for (const [op, cases] of Object.entries(CASES)) {
    if (cases === 'zero almost everywhere') continue;
    for (const [index, { name, shapes, build, range }] of cases.entries()) {
      it(`${op}, ${name}`, async () => {
        const seed = 1000 + index;
        const random = generator(seed);
        const feeds = shapes.map((shape) => randomTensor(shape, random, ...(range ?? [-1, 1])));
        for (const error of await gradientErrors(build, feeds, seed))
          expect(error, `seed ${seed}`).toBeLessThan(TOLERANCE.finiteDifference);
      });
    }
  }
});
