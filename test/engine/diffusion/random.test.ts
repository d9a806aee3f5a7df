import { describe, expect, it } from 'vitest';
import { normals, philox, uniforms } from '../../../src/engine/diffusion/random.js';

const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox', () => {
  // Known answers of Philox4x32-10, published with Random123 (Salmon et al., SC 2011).
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the known answer for counter %s', (counter, key, answer) => {
    expect(hex(philox(counter as [number, number, number, number], key as [number, number]))).toBe(answer);
  });
});

describe('numbers', () => {
  const key = { seed: 3, stream: 1, sample: 0, step: 0 };

  it('depend on every part of the key', () => {
    const first = (change: object) => normals({ ...key, ...change }, 4).join();
    const all = [{}, { seed: 4 }, { stream: 2 }, { sample: 1 }, { step: 1 }].map(first);
    expect(new Set(all).size).toBe(5);
  });

  it('do not depend on how many are asked for', () => {
    expect(normals(key, 5)).toEqual(normals(key, 100).slice(0, 5));
  });

  it('have the moments of their distributions', () => {
    const count = 200_000;
    const moment = (values: ArrayLike<number>, power: number) =>
      Array.from(values).reduce((sum, value) => sum + value ** power, 0) / count;
    const normal = normals(key, count);
    // Five standard errors each.
    expect(Math.abs(moment(normal, 1))).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(moment(normal, 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
    expect(Math.abs(moment(normal, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / count));
    const uniform = uniforms(key, count);
    expect(Math.abs(moment(uniform, 1) - 0.5)).toBeLessThan(5 / Math.sqrt(12 * count));
    expect(uniform.every((value) => value >= 0 && value < 1)).toBe(true);
  });
});
