import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/engine/graph/graph.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { testDevice } from '../../helpers/numeric.js';

describe('four images of the even and odd rows and columns', () => {
  // A row in one block, in several, and one that no block divides.
  it.each([4, 32, 64, 96, 7, 37])('become one, row by row: %s columns', async (w) => {
    const [n, c, h] = [2, 3, 2];
    const tape = new Tape();
    const names = ['p00', 'p01', 'p10', 'p11'];
    const phases = names.map((name) => tape.input(name, [n, c, h, w])) as [Value, Value, Value, Value];
    const session = await Session.create(tape.graph({ y: tape.interleave(phases) }), await testDevice());
    // Every pixel says where it belongs: n, c, y, x of the large image.
    const place = (ni: number, ci: number, y: number, x: number) => ((ni * c + ci) * 2 * h + y) * 2 * w + x;
    const feeds = names.map((name, phase) => {
      const pixels = [...Array(n * c * h * w).keys()].map((index) => {
        const [x, row, plane] = [index % w, Math.floor(index / w) % h, Math.floor(index / (w * h))];
        return place(Math.floor(plane / c), plane % c, 2 * row + Math.floor(phase / 2), 2 * x + (phase % 2));
      });
      return [name, floatTensor([n, c, h, w], Float32Array.from(pixels))];
    });
    const { y } = await session.run(Object.fromEntries(feeds));
    await session.release();
    expect(y?.shape).toEqual([n, c, 2 * h, 2 * w]);
    expect([...(y?.data ?? [])]).toEqual([...Array(n * c * 4 * h * w).keys()]);
  });
});
