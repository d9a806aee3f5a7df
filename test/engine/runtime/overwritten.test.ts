import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/engine/graph/graph.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { overwritten } from '../../../src/engine/runtime/overwritten.js';

function record(build: (tape: Tape, x: Value) => Readonly<Record<string, Value>>) {
  const tape = new Tape();
  const made = build(tape, tape.input('x', [2, 3]));
  return { made, over: overwritten(tape.graph(made)) };
}

describe('what an operator may write over', () => {
  it('is an operand of its shape that it is the last to read', () => {
    const { made, over } = record((tape, x) => {
      const a = tape.exp(x);
      const b = tape.mul(a, x);
      return { a, b, c: tape.add(tape.tanh(b), tape.scalar(1)) };
    });
    // An input (x) and outputs (a, b) are kept; what tanh made is not.
    expect([...over.keys()]).toEqual([made['c']?.name]);
    expect(over.get(made['c']?.name ?? '')).toMatch(/^Tanh/);
  });

  it('is none that is read later, or of another shape', () => {
    const { made, over } = record((tape, x) => {
      const a = tape.exp(x);
      const rows = tape.reduceSum(a, [1]);
      const b = tape.mul(a, rows);
      return { y: tape.sub(tape.sqrt(a), b) };
    });
    expect([...over.values()].filter((operand) => operand.startsWith('Exp'))).toHaveLength(1);
    expect([...over].find(([, operand]) => operand.startsWith('Exp'))?.[0]).toMatch(/^Sqrt/);
    expect([...over.values()].some((operand) => operand.startsWith('ReduceSum'))).toBe(false);
    expect(over.get(made['y']?.name ?? '')).toMatch(/^Sqrt/);
  });

  it('is none whose memory is read through a view', () => {
    const { over } = record((tape, x) => {
      const a = tape.exp(x);
      const view = tape.reshape(a, [3, 2]);
      const b = tape.neg(a);
      return { y: tape.tanh(tape.add(tape.transpose(b, [1, 0]), view)) };
    });
    expect([...over.values()].some((operand) => operand.startsWith('Exp'))).toBe(false);
    // Afterwards the view itself may be written over.
    expect([...over.values()].some((operand) => /^(Transpose|Reshape)/.test(operand))).toBe(true);
  });
});
