import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { spilled } from '../../../src/engine/models/spilled-tensors.js';

const tensors = new Map([
  ['a', floatTensor([2, 3], Float32Array.from([1, -2, 3.5, 0, Number.MIN_VALUE, 6]))],
  // A view into a larger buffer, as readers of files make them.
  ['b', floatTensor([2], new Float32Array([9, 8, 7, 6]).subarray(1, 3))],
  ['empty', floatTensor([0])],
]);

it('large weights are read back as they were, as often as they are asked for, and leave no file behind', () => {
  const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('azimuth-weights-'));
  const before = left();
  const kept = spilled(tensors, 8);
  expect(left()).toEqual(before);
  for (const [name, { shape, data }] of tensors) {
    const read = kept.get(name);
    expect(read?.shape).toEqual(shape);
    expect([...(read?.data ?? [])]).toEqual([...data]);
    expect([...(read?.data ?? [])]).toEqual([...data]);
  }
  expect([...kept.keys()]).toEqual([...tensors.keys()]);
});

it('small ones stay in memory', () => {
  expect(spilled(tensors, 1000)).toBe(tensors);
});
