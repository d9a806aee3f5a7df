import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import { conv3x3, groupNorm } from '../../../src/engine/diffusion/layers.js';
import type { Shared } from '../../../src/engine/diffusion/model.js';
import type { Value } from '../../../src/engine/graph/graph.js';
import { multiplyAdds } from '../../../src/engine/graph/multiply-adds.js';
import { enterJoined, type JoinedEntry } from '../../../src/engine/models/shared-skips.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { generator, randomTensor, relativeError, testDevice } from '../../helpers/numeric.js';

const OUTPUTS = 96;
const EXTENT = 16;

function entryOf(tape: Tape, channels: number): JoinedEntry {
  const random = generator(3);
  const constant = (...shape: number[]) => tape.constant(randomTensor(shape, random));
  return {
    name: 'block',
    groups: 32,
    epsilon: 1e-5,
    norm: { weight: constant(channels), bias: constant(channels) },
    activate: (x) => tape.silu(x),
    convolution: { weight: constant(OUTPUTS, channels, 3, 3), bias: constant(OUTPUTS) },
    shortcut: { weight: constant(OUTPUTS, channels, 1, 1), bias: constant(OUTPUTS) },
  };
}

/** As a residual block begins, of the joined image. */
function entered(tape: Tape, x: Value, skip: Value, entry: JoinedEntry) {
  const joined = tape.concat([x, skip], 1);
  const normal = tape.silu(groupNorm(tape, joined, entry.groups, entry.epsilon, entry.norm));
  const { weight, bias } = entry.shortcut;
  return { first: conv3x3(tape, normal, entry.convolution), shortcut: tape.conv(joined, weight, bias) };
}

/** Two passes over one skip, and the gradients of a product of all that they make. */
function passes(width: number, skipWidth: number, isShared: boolean) {
  const tape = new Tape();
  const image = (name: string, channels: number) => tape.input(name, [2, channels, EXTENT, EXTENT]);
  const [a, b, skip] = [image('a', width), image('b', width), image('skip', skipWidth)];
  const [entry, shared]: [JoinedEntry, Shared] = [entryOf(tape, width + skipWidth), new Map()];
  const made = [a, b].map((x) =>
    isShared ? enterJoined(tape, x, skip, entry, shared) : entered(tape, x, skip, entry),
  );
  const products = made.map((pass) => pass && tape.mul(pass.first, pass.shortcut)) as Value[];
  const cotangents = products.map((product, at) => tape.input(`g${at}`, product.shape));
  const [gradA, gradSkip] = vjp(tape, products, cotangents, [a, skip]) as [Value, Value];
  return tape.graph({ first: products[0] as Value, second: products[1] as Value, gradA, gradSkip });
}

describe('what two decoder passes make of a skip alone', () => {
  // Groups of 4 and of 6 channels that end where x ends, and of 5, 6 and 3 that do not.
  it.each([
    [64, 64],
    [96, 96],
    [96, 64],
    [64, 128],
    [32, 64],
  ])('changes nothing when it is made once: %s and %s channels', async (width, skipWidth) => {
    const [plain, shared] = [passes(width, skipWidth, false), passes(width, skipWidth, true)];
    expect(multiplyAdds(shared)).toBeLessThan(0.95 * multiplyAdds(plain));
    const random = generator(5);
    const feeds = Object.fromEntries(plain.inputs.map((input) => [input.name, randomTensor(input.shape, random)]));
    const results = [];
    for (const graph of [plain, shared]) {
      const session = await Session.create(graph, await testDevice());
      results.push(await session.run(feeds));
      await session.release();
    }
    const [expected, got] = results as [(typeof results)[0], (typeof results)[0]];
    for (const name of Object.keys(expected)) expect(relativeError(got[name]!, expected[name]!)).toBeLessThan(5e-6);
  });

  it('is not worth it where the convolution is small', () => {
    const tape = new Tape();
    const [x, skip] = [tape.input('x', [2, 32, 4, 4]), tape.input('skip', [2, 32, 4, 4])];
    expect(enterJoined(tape, x, skip, entryOf(tape, 64), new Map())).toBeNull();
  });

  it('is nothing where the skip lies in a group that x reaches into', () => {
    const tape = new Tape();
    const [x, skip] = [tape.input('x', [2, 80, 64, 64]), tape.input('skip', [2, 16, 64, 64])];
    expect(enterJoined(tape, x, skip, entryOf(tape, 96), new Map())).toBeNull();
  });
});
