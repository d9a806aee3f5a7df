import { expect, it } from 'vitest';
import { groupNorm } from '../../../src/engine/diffusion/layers.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { lower } from '../../../src/engine/ops/lower.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { generator, randomTensor, testDevice } from '../../helpers/numeric.js';

it('keeps the values of a rule apart from those of the graph, whatever both are called', async () => {
  // The first constants of a tape, as the rule's own tape names its first ones.
  const tape = new Tape();
  const [weight, bias] = [1, 0].map((value) => tape.constant(floatTensor([4], new Float32Array(4).fill(value))));
  const y = groupNorm(tape, tape.input('x', [1, 4, 2, 2]), 1, 0, { weight: weight!, bias: bias! });
  const graph = tape.graph({ y });
  const rule = new Set(lower(graph).constants.keys());
  expect([...graph.constants.keys()].filter((name) => !rule.has(name))).toEqual([]);
  const session = await Session.create(graph, await testDevice());
  const made = await session.run({ x: randomTensor([1, 4, 2, 2], generator(1)) });
  await session.release();
  const values = made['y']!.data;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(mean).toBeCloseTo(0, 5);
  expect(variance).toBeCloseTo(1, 4);
});
