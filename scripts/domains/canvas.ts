import type { Colour } from './colour.js';

/** Samples along a pixel's side: anti-aliasing is the mean over their square. */
const SUPERSAMPLING = 4;
/** A word of four samples that are all of paint p is p times this. */
const FOUR_OF_ONE = 0x01010101;

export type Point = readonly [x: number, y: number];

/** A colour's number on a {@link Canvas}. */
export type Paint = number;

/**
 * A square picture that spans [-1,1]², y down, painted one shape over another. A sample belongs to a shape if its centre
 * does. Samples hold the number of a paint, not a colour: a shape costs one byte a sample, and a pixel of one paint is
 * recognised in four comparisons.
 */
export class Canvas {
  private readonly side: number;
  private readonly samples: Uint8Array;
  private readonly words: Uint32Array;
  /** `[256,3]`, in [0,1]. */
  private readonly colours = new Float32Array(256 * 3);
  private paints = 0;

  constructor(readonly resolution: number) {
    this.side = resolution * SUPERSAMPLING;
    this.samples = new Uint8Array(this.side ** 2);
    this.words = new Uint32Array(this.samples.buffer);
  }

  /** Covers everything, and forgets all other paints. */
  clear(background: Colour): void {
    this.paints = 0;
    this.samples.fill(this.mix(background));
  }

  /** A paint to use until the next {@link clear}; 256 are to be had. */
  mix(colour: Colour): Paint {
    this.colours.set(colour, 3 * this.paints);
    this.paints += 1;
    return this.paints - 1;
  }

  rectangle(left: number, right: number, top: number, bottom: number, paint: Paint): void {
    const [begin, end] = [this.firstFrom(left), this.lastUpTo(right) + 1];
    const last = this.lastUpTo(bottom);
    for (let row = this.firstFrom(top); row <= last; row += 1) {
      this.samples.fill(paint, row * this.side + begin, row * this.side + Math.max(begin, end));
    }
  }

  /** An ellipse by centre and radii, down to the height `bottom`. */
  ellipse(x: number, y: number, radiusX: number, radiusY: number, paint: Paint, bottom = 1): void {
    const last = this.lastUpTo(Math.min(bottom, y + radiusY));
    for (let row = this.firstFrom(y - radiusY); row <= last; row += 1) {
      const half = radiusX * Math.sqrt(1 - ((this.centre(row) - y) / radiusY) ** 2);
      this.span(row, x - half, x + half, paint);
    }
  }

  /** What lies between two circles. */
  ring(x: number, y: number, inner: number, outer: number, paint: Paint): void {
    const last = this.lastUpTo(y + outer);
    for (let row = this.firstFrom(y - outer); row <= last; row += 1) {
      const height = this.centre(row) - y;
      const half = Math.sqrt(outer ** 2 - height ** 2);
      const hole = Math.sqrt(Math.max(0, inner ** 2 - height ** 2));
      this.span(row, x - half, x - hole, paint);
      this.span(row, x + hole, x + half, paint);
    }
  }

  /** What lies between two curves over x. */
  between(left: number, right: number, top: (x: number) => number, bottom: (x: number) => number, paint: Paint): void {
    const last = this.lastUpTo(right);
    for (let column = this.firstFrom(left); column <= last; column += 1) {
      const x = this.centre(column);
      const end = this.lastUpTo(bottom(x));
      for (let row = this.firstFrom(top(x)); row <= end; row += 1) this.samples[row * this.side + column] = paint;
    }
  }

  /** A convex polygon, its corners in either order around it. */
  polygon(corners: readonly Point[], paint: Paint): void {
    const heights = corners.map(([, y]) => y);
    const last = this.lastUpTo(Math.max(...heights));
    for (let row = this.firstFrom(Math.min(...heights)); row <= last; row += 1) {
      const height = this.centre(row);
      let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      let before = corners.at(-1);
      for (const corner of corners) {
        if (before && before[1] > height !== corner[1] > height) {
          const x = before[0] + ((corner[0] - before[0]) * (height - before[1])) / (corner[1] - before[1]);
          [left, right] = [Math.min(left, x), Math.max(right, x)];
        }
        before = corner;
      }
      this.span(row, left, right, paint);
    }
  }

  /** Writes the picture, `[3,S,S]` in [-1,1], to the front of `image`. */
  develop(image: Float32Array): void {
    const { resolution, words, colours } = this;
    const stride = this.side / 4;
    const plane = resolution ** 2;
    for (let pixel = 0; pixel < plane; pixel += 1) {
      const column = pixel % resolution;
      const at = ((pixel - column) / resolution) * SUPERSAMPLING * stride + column;
      const word = words[at] ?? 0;
      const paint = word & 0xff;
      const plain =
        word === paint * FOUR_OF_ONE &&
        word === words[at + stride] &&
        word === words[at + 2 * stride] &&
        word === words[at + 3 * stride];
      for (let channel = 0; channel < 3; channel += 1) {
        const value = plain ? (colours[3 * paint + channel] ?? 0) : this.mean(4 * at, channel);
        image[channel * plane + pixel] = value * 2 - 1;
      }
    }
  }

  /** Mean colour of the pixel whose first sample is at `at`. */
  private mean(at: number, channel: number): number {
    let sum = 0;
    for (let row = 0; row < SUPERSAMPLING; row += 1) {
      for (let column = 0; column < SUPERSAMPLING; column += 1) {
        sum += this.colours[3 * (this.samples[at + row * this.side + column] ?? 0) + channel] ?? 0;
      }
    }
    return sum / SUPERSAMPLING ** 2;
  }

  private span(row: number, left: number, right: number, paint: Paint): void {
    const end = row * this.side + this.lastUpTo(right);
    for (let at = row * this.side + this.firstFrom(left); at <= end; at += 1) this.samples[at] = paint;
  }

  /** Coordinate of the centre of a row or column of samples. */
  private centre(index: number): number {
    return ((index + 0.5) / this.side) * 2 - 1;
  }

  private firstFrom(coordinate: number): number {
    return Math.max(0, Math.ceil(((coordinate + 1) / 2) * this.side - 0.5));
  }

  private lastUpTo(coordinate: number): number {
    return Math.min(this.side - 1, Math.floor(((coordinate + 1) / 2) * this.side - 0.5));
  }
}
