import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { domainNamed } from '../../scripts/domains/domains.js';
import { readSafetensors } from '../../src/engine/safetensors.js';

const portraits = domainNamed('portraits');
const file = new URL('../golden/portraits/check.safetensors', import.meta.url);
const golden = readSafetensors(readFileSync(file), file.pathname).tensors;
const factors = golden.get('factors')!.data;
const images = golden.get('images')!.data;

describe('portraits', () => {
  it('are those of the numpy renderer', () => {
    const drawn = portraits.render(factors);
    expect(drawn).toHaveLength(images.length);
    const size = 3 * portraits.resolution ** 2;
    const differences = Array.from({ length: images.length / size }, (_, image) => {
      const [at, end] = [image * size, (image + 1) * size];
      return drawn.subarray(at, end).reduce((sum, value, i) => sum + Math.abs(value - images[at + i]!), 0) / size;
    });
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  });

  it('are drawn again alike, whatever was drawn before them', () => {
    const both = portraits.render(factors.slice(0, 20));
    expect(portraits.render(factors.slice(10, 20))).toEqual(both.slice(both.length / 2));
  });

  it('say what is wrong with factors that are not ten a scene', () => {
    expect(() => portraits.render(factors.slice(0, 9))).toThrow(/expected 10 factors a scene \(background_hue,.*got 9/);
  });
});

describe('sampled scenes', () => {
  it('are a function of the seed and their own number', () => {
    const all = portraits.sample(50, 3);
    expect(portraits.sample(20, 3, 30)).toEqual(all.slice(300));
    expect(portraits.sample(50, 4)).not.toEqual(all);
  });

  it('have uniform factors, and glasses, worn or not, in 35 of 100', () => {
    const count = 4000;
    const drawn = portraits.sample(count, 1);
    const means = portraits.factors.map(({ name, kind }, at) => {
      const values = Array.from({ length: count }, (_, scene) => drawn[scene * 10 + at]!);
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(new Set(values).size === 2, name).toBe(kind === 'binary');
      return values.reduce((sum, value) => sum + value, 0) / count;
    });
    means.forEach((mean, at) => {
      expect(Math.abs(mean - (at === 9 ? 0.35 : 0.5))).toBeLessThan(0.025);
    });
  });
});

it('a domain that does not exist is refused with the names of those that do', () => {
  expect(() => domainNamed('landscapes')).toThrow(/portraits.*got landscapes/);
});
