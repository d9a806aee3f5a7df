import { STREAMS, uniforms } from '../../src/engine/diffusion/random.js';
import { EngineError } from '../../src/engine/errors.js';
import { Canvas } from './canvas.js';

/** `circular` (a hue): 1 is the same scene as 0. `binary`: 0 or 1. */
export type FactorKind = 'continuous' | 'circular' | 'binary';

export interface Factor {
  readonly name: string;
  readonly kind: FactorKind;
}

/** Pictures drawn from known, independent factors: what a direction changes in them can be measured. */
export interface Domain {
  readonly name: string;
  /** S, in pixels. */
  readonly resolution: number;
  /** F of them, in the order of a scene's numbers. */
  readonly factors: readonly Factor[];
  /** Factors of `count` scenes, `[count,F]` in [0,1]: scene `first + n` is a function of `seed` and its own number alone. */
  sample(count: number, seed: number, first?: number): Float32Array;
  /** Factors `[count,F]` → images `[count,3,S,S]` in [-1,1]. Throws BAD_USER_INPUT if F does not divide their number. */
  render(factors: Float32Array): Float32Array;
}

/** What sets one domain apart from another. */
export interface Scenery<Name extends string> {
  readonly name: string;
  readonly resolution: number;
  readonly factors: Readonly<Record<Name, FactorKind>>;
  /** How often a binary factor is 1. */
  readonly odds: number;
  /** Draws a scene, whose factors `of` tells, on a canvas that still holds the scene before. */
  paint(canvas: Canvas, of: (factor: Name) => number): void;
}

export function domainOf<Name extends string>({
  name,
  resolution,
  factors: kinds,
  odds,
  paint,
}: Scenery<Name>): Domain {
  const factors = Object.entries<FactorKind>(kinds).map(([factor, kind]) => ({ name: factor, kind }));
  const places = new Map<string, number>(factors.map((factor, place) => [factor.name, place]));
  return {
    name,
    resolution,
    factors,
    sample: (count, seed, first = 0) => {
      const drawn = new Float32Array(count * factors.length);
      for (let scene = 0; scene < count; scene += 1) {
        const key = { seed, stream: STREAMS.scenes, sample: first + scene, step: 0 };
        const numbers = uniforms(key, factors.length).map((u, at) =>
          factors[at]?.kind === 'binary' ? Number(u < odds) : u,
        );
        drawn.set(numbers, scene * factors.length);
      }
      return drawn;
    },
    render: (scenes) => {
      const count = scenes.length / factors.length;
      if (!Number.isInteger(count)) {
        throw new EngineError(
          'BAD_USER_INPUT',
          `${name}: expected ${factors.length} factors a scene (${[...places.keys()].join(', ')}), got ${scenes.length} numbers.`,
        );
      }
      const canvas = new Canvas(resolution);
      const images = new Float32Array(count * 3 * resolution ** 2);
      for (let scene = 0; scene < count; scene += 1) {
        paint(canvas, (factor) => scenes[scene * factors.length + (places.get(factor) ?? 0)] ?? 0);
        canvas.develop(images.subarray(scene * 3 * resolution ** 2));
      }
      return images;
    },
  };
}
