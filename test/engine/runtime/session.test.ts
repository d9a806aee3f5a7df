import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { testDevice } from '../../helpers/numeric.js';

describe('a session', () => {
  it('says which input it expected and what it got', async () => {
    const tape = new Tape();
    const session = await Session.create(tape.graph({ y: tape.exp(tape.input('x', [2, 3])) }), await testDevice());
    await expect(session.run({ x: floatTensor([3, 2]) })).rejects.toThrow(
      /input x: expected float32\[2,3\], got float32\[3,2\]/,
    );
    await expect(session.run({})).rejects.toThrow(/input x: expected float32\[2,3\], got nothing/);
    await session.release();
  });

  it('gives the same result when large weights go through a file', async () => {
    const tape = new Tape();
    const x = tape.input('x', [1, 4096]);
    const weight = floatTensor([4096, 4608], new Float32Array(4096 * 4608).fill(0.25));
    const session = await Session.create(tape.graph({ y: tape.matmul(x, tape.constant(weight)) }), await testDevice());
    const { y } = await session.run({ x: floatTensor([1, 4096], new Float32Array(4096).fill(1)) });
    expect(new Set(y?.data)).toEqual(new Set([1024]));
    await session.release();
  });
});

describe('opening a device', () => {
  it('refuses a name it does not know and lists the ones it does', async () => {
    await expect(openDevice('gpu')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('auto, cuda, webgpu'),
    });
  });

  it('falls back to the CPU on auto, and says of every provider why it can or cannot be used', async () => {
    const { reports } = await openDevice('auto');
    expect(reports.filter(({ chosen }) => chosen)).toHaveLength(1);
    expect(reports.find(({ name }) => name === 'cpu')).toMatchObject({ available: true });
    for (const { reason } of reports) expect(reason).not.toBe('');
  });

  it('says why a provider asked for by name cannot be used', async () => {
    await expect(openDevice('coreml')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('coreml cannot be used here'),
    });
  });
});
