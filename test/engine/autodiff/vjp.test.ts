import { describe, expect, it } from 'vitest';
import { GradientError, vjp } from '../../../src/engine/autodiff/vjp.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { generator, gradientErrors, randomTensor, TOLERANCE } from '../../helpers/numeric.js';

describe('vjp', () => {
  it('adds up the cotangents of a value that is used more than once', async () => {
    const x = randomTensor([3, 3], generator(1));
    const [error] = await gradientErrors(
      (tape, [v]) => tape.mul(tape.matmul(v!, v!), tape.add(v!, tape.silu(v!))),
      [x],
      2,
    );
    expect(error).toBeLessThan(TOLERANCE.finiteDifference);
  });

  it('differentiates its own result: second order agrees with finite differences', async () => {
    const random = generator(3);
    const [x, w] = [randomTensor([1, 2, 5, 5], random), randomTensor([3, 2, 3, 3], random)];
    const errors = await gradientErrors(
      (tape, [input, weight]) => {
        const y = tape.silu(tape.conv(input!, weight!, null, { pads: [1, 1, 1, 1] }));
        const [g] = vjp(tape, [y], [tape.ones(y.shape)], [input!]);
        return tape.mul(g!, g!);
      },
      [x, w],
      4,
    );
    for (const error of errors) expect(error).toBeLessThan(TOLERANCE.finiteDifference);
  });

  it('records nothing for frozen weights and for paths that do not lead to an output', () => {
    const tape = new Tape();
    const x = tape.input('x', [4, 3]);
    const w = tape.constant(floatTensor([3, 2], new Float32Array(6).fill(0.5)));
    const y = tape.matmul(x, w);
    tape.exp(x);
    const before = tape.nodes.length;
    vjp(tape, [y], [tape.ones([4, 2])], [x]);
    expect(tape.nodes.slice(before).map((node) => node.op)).toEqual(['MatMul']);
  });

  it('gives null for an input that no output depends on', () => {
    const tape = new Tape();
    const [x, unused] = [tape.input('x', [2]), tape.input('unused', [2])];
    expect(vjp(tape, [tape.exp(x)], [tape.ones([2])], [unused])).toEqual([null]);
  });

  it('names the shape it expected when a cotangent has another', () => {
    const tape = new Tape();
    const x = tape.input('x', [2, 3]);
    expect(() => vjp(tape, [tape.exp(x)], [tape.ones([3])], [x])).toThrow(
      /cotangent 0: expected shape \[2,3\], got \[3\]/,
    );
  });

  it('names the node whose rule failed', () => {
    const tape = new Tape();
    const x = tape.input('x', [2, 3]);
    const [, mean] = tape.layerNormalization(x, tape.ones([3]), null, -1, 1e-5);
    expect(() => vjp(tape, [mean], [tape.ones(mean.shape)], [x])).toThrow(GradientError);
    expect(() => vjp(tape, [mean], [tape.ones(mean.shape)], [x])).toThrow(/LayerNormalization\(x\[2,3\]/);
  });
});
