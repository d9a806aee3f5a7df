import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import { conv3x3, groupNorm, upsampleConv } from '../../../src/engine/diffusion/layers.js';
import type { Graph, Value } from '../../../src/engine/graph/graph.js';
import type { FloatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { withChannelBlocks } from '../../../src/engine/runtime/blocks/channel-blocks.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { generator, randomTensor, relativeError, testDevice } from '../../helpers/numeric.js';

const random = generator(1);
const constant = (tape: Tape, ...shape: number[]) => tape.constant(randomTensor(shape, random));
const image = (tape: Tape, channels = 32, name = 'x') => tape.input(name, [2, channels, 6, 5]);
const convolved = (tape: Tape, x: Value, channels: number) =>
  conv3x3(tape, x, { weight: constant(tape, channels, x.shape[1] ?? 1, 3, 3), bias: constant(tape, channels) });
const normal = (tape: Tape, x: Value) => {
  const channels = x.shape[1] ?? 1;
  return tape.silu(groupNorm(tape, x, 8, 1e-5, { weight: constant(tape, channels), bias: constant(tape, channels) }));
};
const resnet = (tape: Tape, x: Value) => {
  const first = tape.add(convolved(tape, normal(tape, x), 48), constant(tape, 1, 48, 1, 1));
  const second = convolved(tape, normal(tape, first), 48);
  return tape.add(tape.conv(x, constant(tape, 48, x.shape[1] ?? 1, 1, 1), null), second);
};

const GRAPHS: Readonly<Record<string, (tape: Tape) => Value>> = {
  'a convolution': (tape) => convolved(tape, image(tape), 48),
  'one of stride 2': (tape) =>
    tape.conv(image(tape), constant(tape, 16, 32, 3, 3), null, { strides: [2, 2], pads: [1, 1, 1, 1] }),
  'one of 2×2, with uneven pads': (tape) =>
    tape.conv(image(tape), constant(tape, 16, 32, 2, 2), null, { pads: [1, 0, 0, 1] }),
  'of few channels': (tape) => convolved(tape, image(tape, 3), 32),
  'of few channels, into many': (tape) => convolved(tape, tape.input('x', [1, 3, 32, 32]), 128),
  'into few channels': (tape) => convolved(tape, image(tape), 3),
  'into few channels, without a bias': (tape) =>
    tape.conv(image(tape), constant(tape, 5, 32, 3, 3), null, { pads: [1, 1, 1, 1] }),
  'of channels that fill no block': (tape) => convolved(tape, image(tape, 20), 32),
  'of a trained weight': (tape) => tape.conv(image(tape), tape.input('w', [16, 32, 1, 1]), null),
  'an affine map': (tape) => tape.sampleAffine(image(tape), tape.input('s', [2, 32]), tape.input('b', [2, 32])),
  'the slope of SiLU': (tape) => {
    const x = convolved(tape, image(tape), 32);
    return tape.siluSlope(x, tape.silu(x));
  },
  'moments of channels': (tape) =>
    tape.concat(tape.channelMoments(convolved(tape, image(tape), 32), image(tape, 32, 'other')), 0),
  'the time added to a convolution': (tape) =>
    tape.add(convolved(tape, image(tape), 32), tape.input('t', [1, 32, 1, 1])),
  'two summands, one of each sample': (tape) =>
    tape.add(tape.add(convolved(tape, image(tape), 32), image(tape, 32, 'other')), tape.input('t', [2, 32, 1, 1])),
  'a sum that others read too': (tape) => {
    const y = convolved(tape, image(tape), 32);
    return tape.mul(tape.add(y, image(tape, 32, 'other')), y);
  },
  'an image added to itself': (tape) => {
    const y = convolved(tape, image(tape), 32);
    return tape.add(y, y);
  },
  'joined and parted channels': (tape) => {
    const joined = tape.concat([convolved(tape, image(tape), 16), image(tape, 32, 'other')], 1);
    const [a, b] = tape.split(joined, [32, 16], 1) as [Value, Value];
    return tape.add(tape.sub(a, tape.scalar(2)), tape.reduceMean(b, [1]));
  },
  'parts that fill no block': (tape) => {
    const [a, b] = tape.split(convolved(tape, image(tape), 32), [24, 8], 1) as [Value, Value];
    return tape.concat([b, a], 1);
  },
  'tiles of two rows': (tape) => convolved(tape, tape.input('x', [2, 224, 16, 18]), 32),
  'tiles of four rows': (tape) => convolved(tape, tape.input('x', [2, 96, 20, 52]), 48),
  'tiles of four rows and a summand': (tape) =>
    tape.add(convolved(tape, tape.input('x', [1, 64, 32, 32]), 64), tape.input('z', [1, 64, 32, 32])),
  'an upsampled image': (tape) =>
    upsampleConv(tape, image(tape), { weight: constant(tape, 16, 32, 3, 3), bias: constant(tape, 16) }),
  'the gradient of one': (tape) => {
    const x = image(tape);
    const y = upsampleConv(tape, x, { weight: constant(tape, 16, 32, 3, 3), bias: constant(tape, 16) });
    return vjp(tape, [y], [tape.input('g', y.shape)], [x])[0] as Value;
  },
  'a residual block': (tape) => resnet(tape, image(tape)),
  'its gradient': (tape) => {
    const x = image(tape);
    const y = resnet(tape, x);
    return vjp(tape, [y], [tape.input('g', y.shape)], [x])[0] as Value;
  },
};

function recorded(build: (tape: Tape) => Value): Graph {
  const tape = new Tape();
  return tape.graph({ y: build(tape) });
}

const count = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op === op).length;

describe('blocks of channels', () => {
  it.each(Object.keys(GRAPHS))('change no result: %s', async (name) => {
    const graph = recorded(GRAPHS[name] as (tape: Tape) => Value);
    const feeds = Object.fromEntries(graph.inputs.map((input) => [input.name, randomTensor(input.shape, random)]));
    const device = await testDevice();
    const results: FloatTensor[] = [];
    for (const channelBlock of [device.channelBlock, null]) {
      const session = await Session.create(graph, { ...device, channelBlock });
      results.push((await session.run(feeds))['y'] as FloatTensor);
      await session.release();
    }
    const [blocked, plain] = results as [FloatTensor, FloatTensor];
    expect(blocked.shape).toEqual(plain.shape);
    expect(relativeError(blocked, plain)).toBeLessThan(2e-6);
  });

  it('are entered and left once in a residual block and its gradient', () => {
    const graph = withChannelBlocks(recorded(GRAPHS['its gradient'] as (tape: Tape) => Value), 16);
    expect(count(graph, 'ReorderInput')).toBe(2);
    expect(count(graph, 'ReorderOutput')).toBe(1);
  });

  it('take sums into what made an operand of them', () => {
    const block = withChannelBlocks(recorded(GRAPHS['a residual block'] as (tape: Tape) => Value), 16);
    const images = block.nodes.filter(({ op, outputs }) => op === 'Add' && outputs[0]?.shape.at(-1) === 5);
    expect(images).toEqual([]);
  });

  it('are not entered where all weights are trained', () => {
    const tape = new Tape();
    const graph = tape.graph({ y: normal(tape, tape.conv(image(tape), tape.input('w', [16, 32, 1, 1]), null)) });
    expect(withChannelBlocks(graph, 16)).toBe(graph);
  });

  it('leave out the weights that were put into another order', () => {
    const graph = recorded(GRAPHS['a residual block'] as (tape: Tape) => Value);
    const bytes = ({ constants }: Graph) =>
      [...constants.values()].reduce((sum, { data }) => sum + (data.length > 100 ? data.length : 0), 0);
    expect(bytes(withChannelBlocks(graph, 16))).toBe(bytes(graph));
  });
});
