import { describe, expect, it } from 'vitest';
import { multiplyAdds } from '../../../src/engine/graph/multiply-adds.js';
import { parameterInputs } from '../../../src/engine/learning/parameters.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { trainableUNet } from '../../../src/engine/pretraining/unet.js';

describe('multiply-adds', () => {
  it('of a product of matrices are m·k·n, for every one of a stack', () => {
    const tape = new Tape();
    const [a, b] = [tape.input('a', [5, 1, 2, 3]), tape.input('b', [4, 3, 7])];
    expect(multiplyAdds(tape.graph({ y: tape.matmul(a, b) }))).toBe(5 * 4 * (2 * 3 * 7));
  });

  it('of a convolution and of its adjoint are the same', () => {
    const tape = new Tape();
    const options = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;
    const w = tape.input('w', [6, 3, 4, 4]);
    const y = tape.conv(tape.input('x', [2, 3, 8, 8]), w, null, options);
    const adjoint = tape.convTranspose(tape.input('g', y.shape), w, options);
    expect(multiplyAdds(tape.graph({ y }))).toBe(2 * 6 * 4 * 4 * (3 * 4 * 4));
    expect(multiplyAdds(tape.graph({ adjoint }))).toBe(multiplyAdds(tape.graph({ y })));
  });

  it('leave out what the outputs do not need', () => {
    const tape = new Tape();
    const a = tape.input('a', [2, 2]);
    tape.matmul(a, a);
    expect(multiplyAdds(tape.graph({ y: tape.exp(a) }))).toBe(0);
  });

  it('of a UNet are half of the operations that PyTorch counts', () => {
    const { specs, record, sampleShape, featureCount } = trainableUNet(JSON.stringify(UNET), JSON.stringify(SCHEDULE));
    const tape = new Tape();
    const weights = parameterInputs(tape, specs);
    const [x, features] = [tape.input('x', [2, ...sampleShape]), tape.input('features', [2, featureCount])];
    expect(2 * multiplyAdds(tape.graph({ y: record(tape, weights, x, features) }))).toBe(PYTORCH_FLOP);
  });
});

/** One level, so that no upsampling is taken apart into smaller convolutions. */
const UNET = {
  _class_name: 'UNet2DModel',
  attention_head_dim: 8,
  block_out_channels: [64],
  down_block_types: ['AttnDownBlock2D'],
  layers_per_block: 2,
  sample_size: 16,
  up_block_types: ['AttnUpBlock2D'],
};
const SCHEDULE = { _class_name: 'DDPMScheduler' };
/** torch.utils.flop_counter (2.13) of diffusers' UNet2DModel of this configuration, batch 2. */
const PYTORCH_FLOP = 973_209_600;
