import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/engine/graph/graph.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { testDevice } from '../../helpers/numeric.js';

const table = (tape: Tape) =>
  tape.constant(
    floatTensor(
      [3, 4],
      Float32Array.from({ length: 12 }, (_, index) => index),
    ),
  );

/** What a session makes of `build` when the table is a constant, and what when it is fed. */
async function results(
  build: (tape: Tape, x: Value) => Value,
): Promise<{ values: number[]; shape: readonly number[] }[]> {
  const made = [];
  for (const isConstant of [true, false]) {
    const tape = new Tape();
    const known = table(tape);
    const x = isConstant ? known : tape.input('x', known.shape);
    const session = await Session.create(tape.graph({ y: tape.identity(build(tape, x)) }), await testDevice());
    const { y } = await session.run({ x: floatTensor([3, 4], tape.constants.get(known.name)?.data as Float32Array) });
    await session.release();
    made.push({ values: [...(y?.data ?? [])], shape: y?.shape ?? [] });
  }
  return made;
}

const CASES: Readonly<Record<string, (tape: Tape, x: Value) => Value>> = {
  'a part': (tape, x) => tape.slice(x, [1, 1], [3, 3], [0, 1]),
  'a part beyond the end': (tape, x) => tape.slice(x, [2], [9], [1]),
  'a part counted from the back': (tape, x) => tape.slice(x, [-2], [-1], [1]),
  'every second element': (tape, x) => tape.slice(x, [0], [4], [1], [2]),
  'rows turned round': (tape, x) => tape.flip(x, [0]),
  'a transposition, reshaped': (tape, x) => tape.reshape(tape.transposeLast(x), [2, 6]),
  'one on the other': (tape, x) => tape.concat([x, tape.slice(x, [0], [1], [0])], 0),
  'one beside the other': (tape, x) => tape.concat([x, x], 1),
};

describe('what is folded into a constant', () => {
  it.each(Object.keys(CASES))('is what the runtime makes of it: %s', async (name) => {
    const [folded, run] = await results(CASES[name] as (tape: Tape, x: Value) => Value);
    expect(folded).toEqual(run);
  });

  it('is one constant, however often it is asked for', () => {
    const tape = new Tape();
    const x = table(tape);
    expect(tape.flip(tape.transposeLast(x), [1])).toBe(tape.flip(tape.transposeLast(x), [1]));
  });
});
