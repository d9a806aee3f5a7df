import { describe, expect, it } from 'vitest';
import { domainNamed } from '../../scripts/domains/domains.js';

const shapes = domainNamed('shapes');
const SEED = 5;
const SCENES = 64;
const F = shapes.factors.length;
const scenes = shapes.sample(SCENES, SEED);
const images = shapes.render(scenes);

/** The same scenes, but for one factor. */
function withFactor(place: number, change: (value: number) => number): Float32Array {
  return scenes.map((value, at) => (at % F === place ? change(value) : value));
}

/** Per image, the share of its pixels of which a channel changes by more than a tenth of the range. */
function changedPixels(changed: Float32Array): number[] {
  const plane = shapes.resolution ** 2;
  return Array.from({ length: SCENES }, (_, scene) => {
    const differs = (pixel: number) =>
      [0, 1, 2].some((channel) => {
        const at = (scene * 3 + channel) * plane + pixel;
        return Math.abs(changed[at]! - images[at]!) > 0.2;
      });
    return Array.from({ length: plane }, (_, pixel) => differs(pixel)).filter(Boolean).length / plane;
  });
}

describe('shapes', () => {
  it('fill the range of an image, and no more', () => {
    expect(images).toHaveLength(SCENES * 3 * 32 * 32);
    expect(images.every((value) => value >= -1 && value <= 1)).toBe(true);
    const [least, most] = [images.reduce((a, b) => Math.min(a, b)), images.reduce((a, b) => Math.max(a, b))];
    expect(most - least).toBeGreaterThan(1.5);
  });

  it('are drawn again alike, whatever was drawn before them', () => {
    expect(shapes.render(scenes)).toEqual(images);
    expect(shapes.render(scenes.slice(10 * F))).toEqual(images.slice(10 * 3 * 32 * 32));
  });

  it.each(shapes.factors.map(({ name, kind }, place) => ({ name, kind, place })))(
    'show a change of $name alone in every image',
    ({ kind, place }) => {
      const change = (value: number) => (kind === 'binary' ? 1 - value : (value + 0.4) % 1);
      expect(Math.min(...changedPixels(shapes.render(withFactor(place, change))))).toBeGreaterThan(0.02);
    },
  );

  it.each(shapes.factors.flatMap(({ name, kind }, place) => (kind === 'circular' ? [{ name, place }] : [])))(
    'look the same at both ends of $name',
    ({ place }) => {
      const ends = [0, 1].map((end) => shapes.render(withFactor(place, () => end)));
      expect(ends[0]).toEqual(ends[1]);
    },
  );

  it('keep even the largest object inside the picture, at any orientation', () => {
    const turns = Array.from({ length: 21 }, (_, turn) => turn / 20);
    const sceneOf = (objectHue: number) =>
      turns.flatMap((turn) => [0, 1].flatMap((shape) => [0.3, 0.6, objectHue, 1, shape, turn]));
    const [red, blue] = [0, 0.66].map((hue) => shapes.render(Float32Array.from(sceneOf(hue))));
    const onBorder = (at: number) => [0, 31].includes(at % 32) || [0, 31].includes(Math.floor(at / 32) % 32);
    red!.forEach((value, at) => {
      if (onBorder(at) && value !== blue![at]) expect.fail(`The object touches the border at ${at}.`);
    });
  });
});
