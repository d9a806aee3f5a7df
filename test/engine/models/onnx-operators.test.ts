import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { canFold, foldNode } from '../../../src/engine/models/onnx/fold/fold.js';
import { computed, type HostTensor, intList, toFloat32 } from '../../../src/engine/models/onnx/host-tensor.js';
import { MAPPINGS } from '../../../src/engine/models/onnx/map/mappings.js';
import { readOnnxFile } from '../../../src/engine/models/onnx/onnx-file.js';
import { generator, randomTensor, relativeError } from '../../helpers/numeric.js';
import { byRecording, byRuntime, type OperatorCase, operatorModel } from '../../helpers/onnx.js';

/** Both sides compute in float32, in orders of their own. */
const TOLERANCE = 2e-6;

const random = generator(4);
const any = (...shape: number[]) => randomTensor(shape, random);
const positive = (...shape: number[]) => randomTensor(shape, random, 0.5, 2);
const ints = (...values: number[]) => ({ ints: values });
const constant = (tensor: FloatTensor) => ({ constant: tensor });
const number = (value: number) => constant(floatTensor([], Float32Array.of(value)));
const list = (...values: number[]) => constant(floatTensor([values.length], Float32Array.from(values)));
const float = (value: number) => ({ float: value });

type Case = Omit<OperatorCase, 'op'>;
const image = () => any(2, 4, 6, 5);
const resized = (scales: readonly number[], attributes: Case['attributes']): Case => ({
  inputs: [any(1, 2, 4, 3), null, list(1, 1, ...scales)],
  attributes: { mode: 'nearest', ...attributes },
});

/** Every operator that is recorded, with what exporters do with it. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  Abs: [{ inputs: [image()] }],
  Erf: [{ inputs: [randomTensor([40], random, -4, 4)] }],
  Exp: [{ inputs: [image()] }],
  Log: [{ inputs: [positive(3, 4)] }],
  Neg: [{ inputs: [image()] }],
  Relu: [{ inputs: [image()] }],
  Sigmoid: [{ inputs: [image()] }],
  Softplus: [{ inputs: [image()] }],
  Sqrt: [{ inputs: [positive(3, 4)] }],
  Tanh: [{ inputs: [image()] }],
  Identity: [{ inputs: [image()] }],
  Dropout: [{ inputs: [image()] }],
  Cast: [{ inputs: [image()], attributes: { to: 1 } }],
  CastLike: [{ inputs: [image(), number(1)] }],
  Add: [{ inputs: [any(2, 3, 4), any(3, 1)] }, { inputs: [any(3), number(2)] }],
  Sub: [{ inputs: [any(2, 3, 4), any(3, 1)] }],
  Mul: [{ inputs: [any(2, 3, 4), any(3, 1)] }, { inputs: [any(3), number(1)] }],
  Div: [{ inputs: [any(2, 3, 4), positive(3, 1)] }, { inputs: [any(3), number(1)] }],
  Sum: [{ inputs: [any(2, 3), any(3), any(2, 1)] }],
  Pow: [2, 3, 0.5, -1, -0.5].map((exponent) => ({ inputs: [positive(3, 4), number(exponent)] })),
  Reciprocal: [{ inputs: [positive(3, 4)] }],
  Clip: [{ inputs: [image(), number(-0.3), number(0.4)] }, { inputs: [image(), null, number(0.4)] }],
  Gelu: [{ inputs: [image()] }, { inputs: [image()], attributes: { approximate: 'tanh' } }],
  LeakyRelu: [{ inputs: [image()], attributes: { alpha: float(0.2) } }],
  Mish: [{ inputs: [image()] }],
  Reshape: [{ inputs: [image(), ints(0, 2, -1)] }, { inputs: [image(), ints(2, -1)], attributes: { allowzero: 1 } }],
  Flatten: [{ inputs: [image()] }, { inputs: [image()], attributes: { axis: -1 } }],
  Squeeze: [{ inputs: [any(2, 1, 3, 1)] }, { inputs: [any(2, 1, 3, 1), ints(-1)] }],
  Unsqueeze: [{ inputs: [any(2, 3), ints(-1, 1)] }],
  Transpose: [{ inputs: [any(2, 3, 4)] }, { inputs: [any(2, 3, 4)], attributes: { perm: [1, 2, 0] } }],
  Expand: [{ inputs: [any(3, 1), ints(2, 1, 4)] }],
  Concat: [{ inputs: [any(2, 1, 3), any(2, 4, 3)], attributes: { axis: -2 } }],
  Split: [
    { inputs: [any(2, 5), ints(2, 3)], attributes: { axis: 1 }, outputs: 2 },
    { inputs: [any(2, 5)], attributes: { axis: 1, num_outputs: 2 }, outputs: 2 },
    { inputs: [any(4, 2)], outputs: 2, opset: 17 },
  ],
  Slice: [
    { inputs: [any(4, 5), ints(1, 0), ints(-1, 2 ** 40)] },
    { inputs: [any(4, 7), ints(-6), ints(7), ints(-1), ints(2)] },
    { inputs: [any(4, 5), ints(-1), ints(-(2 ** 40)), ints(0), ints(-1)] },
  ],
  Gather: [{ inputs: [any(4, 5), ints(2, -1)], attributes: { axis: 1 } }],
  Tile: [{ inputs: [any(2, 3), ints(2, 3)] }],
  Pad: [
    { inputs: [any(2, 3, 4), ints(0, 1, 0, 2, 0, 3)] },
    { inputs: [any(2, 3, 4), ints(1, -1), number(0), ints(2)] },
  ],
  DepthToSpace: [
    { inputs: [any(1, 8, 2, 3)], attributes: { blocksize: 2 } },
    { inputs: [any(1, 8, 2, 3)], attributes: { blocksize: 2, mode: 'CRD' } },
  ],
  SpaceToDepth: [{ inputs: [any(1, 2, 4, 6)], attributes: { blocksize: 2 } }],
  MatMul: [{ inputs: [any(2, 3, 4), any(4, 5)] }],
  Gemm: [
    { inputs: [any(3, 4), any(4, 5)] },
    { inputs: [any(4, 3), any(5, 4), any(5)], attributes: { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) } },
  ],
  Einsum: ['bct,bcs->bts', 'bts,bcs->bct', 'bct,bsc->sbt'].map((equation) => ({
    inputs: [any(2, 3, 4), equation.includes('bsc') ? any(2, 5, 3) : any(2, 3, equation.startsWith('bts') ? 4 : 5)],
    attributes: { equation },
  })),
  ReduceSum: [{ inputs: [any(2, 3, 4), ints(-1, 0)] }, { inputs: [any(2, 3)], attributes: { keepdims: 0 } }],
  ReduceMean: [
    { inputs: [any(2, 3, 4), ints(1)], attributes: { keepdims: 0 } },
    { inputs: [any(2, 3, 4)], attributes: { axes: [2] }, opset: 17 },
  ],
  ReduceMax: [{ inputs: [any(2, 3, 4), ints(1)] }],
  Softmax: [{ inputs: [any(2, 3, 4)] }, { inputs: [any(2, 3, 4)], attributes: { axis: 1 } }],
  InstanceNormalization: [
    { inputs: [image(), constant(positive(4)), constant(any(4))], attributes: { epsilon: float(1e-3) } },
    { inputs: [any(2, 3, 8), list(1, 1, 1), list(0, 0, 0)] },
  ],
  GroupNormalization: [
    { inputs: [image(), constant(positive(4)), constant(any(4))], attributes: { num_groups: 2 }, opset: 21 },
    { inputs: [image(), constant(positive(2)), constant(any(2))], attributes: { num_groups: 2 }, opset: 18 },
  ],
  LayerNormalization: [
    { inputs: [any(2, 3, 8), constant(positive(8)), constant(any(8))] },
    { inputs: [any(2, 3, 4), constant(positive(3, 4))], attributes: { axis: 1, epsilon: float(1e-3) } },
  ],
  BatchNormalization: [
    { inputs: [image(), constant(positive(4)), constant(any(4)), constant(any(4)), constant(positive(4))] },
  ],
  Conv: [
    { inputs: [image(), any(3, 4, 3, 3), any(3)], attributes: { pads: [0, 0, 1, 1], strides: [2, 2] } },
    { inputs: [image(), any(3, 4, 3, 3)], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] } },
    { inputs: [any(2, 4, 6), any(5, 4, 1), any(5)] },
    { inputs: [any(2, 4, 6), any(5, 4, 3)], attributes: { pads: [1, 1] } },
  ],
  ConvTranspose: [
    { inputs: [image(), any(4, 3, 4, 4), constant(any(3))], attributes: { pads: [1, 1, 1, 1], strides: [2, 2] } },
  ],
  Resize: [
    resized([2, 2], { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }),
    resized([2, 3], {}),
    resized([0.5, 1 / 3], { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }),
    resized([1.5, 2.4], { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'ceil' }),
    resized([2, 2], { mode: 'linear' }),
    resized([2, 2], { mode: 'linear', coordinate_transformation_mode: 'align_corners' }),
    { inputs: [any(1, 2, 4, 3), null, null, ints(1, 2, 8, 6)], attributes: { mode: 'nearest' } },
    { inputs: [any(1, 2, 4, 3), null, list(2, 2)], attributes: { mode: 'nearest', axes: [2, 3] } },
  ],
  AveragePool: [
    { inputs: [image()], attributes: { kernel_shape: [2, 5], strides: [2, 5] } },
    { inputs: [image()], attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
    { inputs: [image()], attributes: { kernel_shape: [3, 2], pads: [1, 0, 1, 1], count_include_pad: 1 } },
  ],
  GlobalAveragePool: [{ inputs: [image()] }],
};

/** Newer than what ONNX Runtime's CPU provider has at opset 20: checked by whole exports. */
const NEWER = ['Attention', 'Swish'];

describe('what is recorded for an operator of ONNX', () => {
  it('is checked here for every operator', () => {
    expect([...MAPPINGS.keys()].filter((op) => !(op in CASES) && !NEWER.includes(op))).toEqual([]);
  });

  for (const [op, cases] of Object.entries(CASES)) {
    it.each(cases.map((one, at) => [at, one] as const))(
      `${op}, case %i: as ONNX Runtime computes it`,
      async (_, one) => {
        const expected = await byRuntime({ op, ...one });
        const made = await byRecording({ op, ...one });
        expect(made.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
        for (const [at, tensor] of made.entries())
          expect(relativeError(tensor, expected[at] as FloatTensor)).toBeLessThan(TOLERANCE);
      },
    );
  }
});

/** Operators that constants and timesteps meet, and the recorded ones do not. */
const FOLDED: Readonly<Record<string, readonly Case[]>> = {
  Sin: [{ inputs: [any(5)] }],
  Cos: [{ inputs: [any(5)] }],
  Floor: [{ inputs: [any(5)] }],
  Ceil: [{ inputs: [any(5)] }],
  Sign: [{ inputs: [any(5)] }],
  Max: [{ inputs: [any(2, 3), any(3), any(2, 1)] }],
  Min: [{ inputs: [any(2, 3), any(3)] }],
  Mod: [{ inputs: [any(2, 3), positive(3)], attributes: { fmod: 1 } }],
  ReduceProd: [{ inputs: [any(2, 3), ints(1)] }],
  ReduceMin: [{ inputs: [any(2, 3), ints(1)] }],
};

async function byFolding(one: OperatorCase): Promise<HostTensor[]> {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-fold-'));
  try {
    writeFileSync(join(folder, 'one.onnx'), operatorModel(one));
    const [node] = (await readOnnxFile(join(folder, 'one.onnx'))).nodes;
    const hosts = one.inputs.map((input) => {
      if (!input) return null;
      if ('ints' in input) return intList(input.ints);
      const { shape, data } = 'constant' in input ? input.constant : input;
      return computed('float32', shape, (at) => data[at] ?? 0);
    });
    return foldNode(node!, hosts);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('what is computed for an operator whose operands are known', () => {
  for (const [op, cases] of Object.entries({ ...CASES, ...FOLDED }).filter(([name]) => canFold(name))) {
    it.each(cases.map((one, at) => [at, one] as const))(
      `${op}, case %i: as ONNX Runtime computes it`,
      async (_, one) => {
        const expected = await byRuntime({ op, ...one });
        const made = await byFolding({ op, ...one });
        expect(made.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
        for (const [at, tensor] of made.entries())
          expect(relativeError(floatTensor(tensor.shape, toFloat32(tensor)), expected[at] as FloatTensor)).toBeLessThan(
            TOLERANCE,
          );
      },
    );
  }
});
