import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkpointed } from '../../../src/engine/autodiff/checkpoint.js';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import { withinBudget } from '../../../src/engine/diffusion/memory-plan.js';
import type { Graph, Value } from '../../../src/engine/graph/graph.js';
import { multiplyAdds } from '../../../src/engine/graph/multiply-adds.js';
import type { FloatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { activationBytes, peakBytes } from '../../../src/engine/runtime/footprint.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { generator, randomTensor, relativeError, testDevice } from '../../helpers/numeric.js';

afterEach(() => vi.unstubAllEnvs());

const DEPTH = 12;
const SHAPE = [1, 8, 16, 16];

/** Convolutions one after the other, the first half's results added to the second's (as in a UNet), and the VJP. */
function chain(): Graph {
  const random = generator(1);
  const tape = new Tape();
  const x = tape.input('x', SHAPE);
  const skips: Value[] = [];
  let y = x;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const weight = tape.constant(randomTensor([8, 8, 3, 3], random, -0.3, 0.3));
    y = tape.silu(tape.conv(y, weight, null, { pads: [1, 1, 1, 1] }));
    if (depth < DEPTH / 2) skips.push(y);
    else y = tape.add(y, skips.pop() as Value);
  }
  const [gradient] = vjp(tape, [y], [tape.input('cotangent', SHAPE)], [x]) as [Value];
  return tape.graph({ gradient, y });
}

async function run(graph: Graph): Promise<Record<string, FloatTensor>> {
  const session = await Session.create(graph, await testDevice());
  const random = generator(2);
  const results = await session.run({ x: randomTensor(SHAPE, random), cotangent: randomTensor(SHAPE, random) });
  await session.release();
  return results;
}

describe('checkpointed', () => {
  it.each([2, 3, 5, 8, 30])(
    'with %i segments gives the gradient and the outputs that it gives without',
    async (segments) => {
      const graph = chain();
      const [plain, made] = [await run(graph), await run(checkpointed(graph, ['cotangent'], segments))];
      for (const name of ['gradient', 'y'])
        expect(relativeError(made[name] as FloatTensor, plain[name] as FloatTensor)).toBeLessThan(1e-6);
    },
  );

  it('takes less memory, and computes the forward pass once more at most', () => {
    const graph = chain();
    const made = checkpointed(graph, ['cotangent'], 4);
    expect(peakBytes(made)).toBeLessThan(0.7 * peakBytes(graph));
    // The backward pass of a convolution whose weights are frozen multiplies as often as the forward pass.
    expect(multiplyAdds(made)).toBeGreaterThan(multiplyAdds(graph));
    expect(multiplyAdds(made)).toBeLessThanOrEqual(1.5 * multiplyAdds(graph));
  });

  it('keeps what outputs need beside the VJP, wherever it was recorded', async () => {
    const tape = new Tape();
    const x = tape.input('x', SHAPE);
    const hidden = tape.silu(tape.exp(x));
    const y = tape.exp(tape.silu(hidden));
    const [gradient] = vjp(tape, [y], [tape.input('cotangent', SHAPE)], [x]) as [Value];
    const graph = tape.graph({ gradient, late: tape.sigmoid(tape.add(hidden, x)) });
    const [plain, made] = [await run(graph), await run(checkpointed(graph, ['cotangent'], 3))];
    for (const name of ['gradient', 'late'])
      expect(relativeError(made[name] as FloatTensor, plain[name] as FloatTensor)).toBeLessThan(1e-6);
  });

  it('leaves a graph alone that has nothing to differentiate', () => {
    const tape = new Tape();
    const graph = tape.graph({ y: tape.exp(tape.input('x', [2])) });
    expect(checkpointed(graph, ['cotangent'], 4)).toBe(graph);
  });
});

describe('withinBudget', () => {
  it('changes nothing that fits', () => {
    const graph = chain();
    expect(withinBudget(graph, ['cotangent'], activationBytes(graph))).toBe(graph);
  });

  it('changes nothing without its pass', () => {
    vi.stubEnv('AZIMUTH_WITHOUT', 'step-checkpoints');
    const graph = chain();
    expect(withinBudget(graph, ['cotangent'], 1)).toBe(graph);
  });

  it('computes as little again as the budget allows', () => {
    const graph = chain();
    const budget = 0.8 * activationBytes(graph);
    const made = withinBudget(graph, ['cotangent'], budget);
    expect(activationBytes(made)).toBeLessThanOrEqual(budget);
    const tight = withinBudget(graph, ['cotangent'], 1);
    expect(activationBytes(tight)).toBeLessThanOrEqual(activationBytes(made));
    expect(multiplyAdds(made)).toBeLessThanOrEqual(multiplyAdds(tight));
  });
});
