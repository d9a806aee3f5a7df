import { type Affine, groupAffine } from '../diffusion/layers.js';
import type { Shared } from '../diffusion/model.js';
import type { Value } from '../graph/graph.js';
import { sizeOf } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';

/** The beginning of a residual block over an image joined with a skip, up to its first convolution. */
export interface JoinedEntry {
  readonly name: string;
  readonly groups: number;
  readonly epsilon: number;
  readonly norm: Affine;
  readonly activate: (x: Value) => Value;
  /** 3×3. */
  readonly convolution: Affine;
  /** 1×1, of the image as it comes. */
  readonly shortcut: Affine;
}

/** What the beginning makes: of the convolution and of the shortcut. */
export interface Entered {
  readonly first: Value;
  readonly shortcut: Value;
}

/** The CPU convolves channels in blocks of so many, or of half as many. */
const BLOCK = 16;
/** Multiply-adds of a sample's convolution below which sharing it saves no more than its further operators cost. */
const LEAST_SHARED = 2 ** 23;

/**
 * {@link JoinedEntry} of `[x; skip]`, in which what depends on the skip alone is made once for all passes: convolutions add up over their
 * channels, and groups of channels within the skip have the same statistics in each pass. A group that x reaches into has not;
 * its channels of the skip, filled up to a block, are convolved with x. Null where that leaves little to be shared.
 */
export function enterJoined(tape: Tape, x: Value, skip: Value, entry: JoinedEntry, shared: Shared): Entered | null {
  const [width, skipWidth] = [x.shape[1] ?? 0, skip.shape[1] ?? 0];
  const size = (width + skipWidth) / entry.groups;
  const mixed = (size - (width % size)) % size;
  const cut = Math.ceil(mixed / BLOCK) * BLOCK;
  const [outputs = 0, , ...kernel] = entry.convolution.weight.shape;
  const pixels = sizeOf(skip.shape.slice(2));
  if ((skipWidth - cut) * outputs * sizeOf(kernel) * pixels < LEAST_SHARED) return null;
  return new JoinedBlock(tape, entry, shared, { size, width, skipWidth, mixed, cut }).record(x, skip);
}

interface Division {
  /** Channels of a group. */
  readonly size: number;
  /** Channels of x. */
  readonly width: number;
  readonly skipWidth: number;
  /** Channels of the skip in a group that x reaches into. */
  readonly mixed: number;
  /** Channels of the skip that are convolved with x. */
  readonly cut: number;
}

class JoinedBlock {
  constructor(
    private readonly tape: Tape,
    private readonly entry: JoinedEntry,
    private readonly shared: Shared,
    private readonly division: Division,
  ) {}

  record(x: Value, skip: Value): Entered {
    const { width, mixed, cut } = this.division;
    const pixels = sizeOf(skip.shape.slice(2));
    const [means, squares] = this.once('moments', () => this.tape.channelMoments(skip, skip)) as [Value, Value];
    const [reachedMeans, meansWithin] = this.divided('means', means, 1, mixed);
    const [reachedSquares, squaresWithin] = this.divided('squares', squares, 1, mixed);
    const [slope, offset] = this.once('map', () =>
      this.affine([meansWithin, squaresWithin], width + mixed, pixels),
    ) as [Value, Value];
    const [headSlope, tailSlope] = this.divided('slope', slope, 1, cut - mixed);
    const [headOffset, tailOffset] = this.divided('offset', offset, 1, cut - mixed);
    const [head, tail] = this.divided('image', skip, 1, cut);
    const own = this.joined(x, head, 1);
    const [ownMeans, ownSquares] = this.tape.channelMoments(x, x);
    const moments = [this.joined(ownMeans, reachedMeans, 1), this.joined(ownSquares, reachedSquares, 1)] as const;
    const [ownSlope, ownOffset] = this.affine(moments, 0, pixels);
    const mine = this.normal(own, this.joined(ownSlope, headSlope, 1), this.joined(ownOffset, headOffset, 1));
    return {
      first: this.convolved('convolution', mine, () => this.normal(tail, tailSlope, tailOffset)),
      shortcut: this.convolved('shortcut', own, () => tail),
    };
  }

  /** The convolution of both parts, added up. */
  private convolved(key: 'convolution' | 'shortcut', own: Value, ofSkip: () => Value): Value {
    const { tape } = this;
    const { weight, bias } = this.entry[key];
    const [near, far] = this.divided(`${key} weight`, weight, 1, own.shape[1] ?? 0) as [Value, Value];
    const padding = ((weight.shape[2] ?? 1) - 1) / 2;
    const pads = [padding, padding, padding, padding] as const;
    const [summand] = this.once(key, () => [tape.conv(ofSkip(), far, null, { pads })]) as [Value];
    return tape.add(tape.conv(own, near, bias, { pads }), summand);
  }

  private normal(image: Value, slope: Value, offset: Value): Value {
    return this.entry.activate(this.tape.sampleAffine(image, slope, offset));
  }

  /** Slope and offset, `[N,C]`, of the normalisation of whole groups, whose first channel has the number `from`, from their moments. */
  private affine(moments: readonly [Value, Value], from: number, pixels: number): readonly [Value, Value] {
    const { tape, entry } = this;
    const c = moments[0].shape[1] ?? 0;
    const part = (value: Value) => tape.slice(value, [from], [from + c], [0]);
    const norm = { weight: part(entry.norm.weight), bias: part(entry.norm.bias) };
    const grouping = { groups: c / this.division.size, epsilon: entry.epsilon, pixels };
    const { slope, offset } = groupAffine(tape, moments, grouping, norm);
    return [slope, offset];
  }

  private joined(own: Value, ofSkip: Value | null, axis: number): Value {
    return ofSkip ? this.tape.concat([own, ofSkip], axis) : own;
  }

  /** `value` before and from `at` on along `axis`, made once; null before the beginning. */
  private divided(key: string, value: Value, axis: number, at: number): [Value | null, Value] {
    if (at === 0) return [null, value];
    const extent = value.shape[axis] ?? 0;
    const part = (start: number, end: number) => this.tape.slice(value, [start], [end], [axis]);
    return this.once(key, () => [part(0, at), part(at, extent)]) as [Value, Value];
  }

  private once(key: string, make: () => readonly Value[]): readonly Value[] {
    const name = `${this.entry.name} ${key}`;
    const made = this.shared.get(name) ?? make();
    this.shared.set(name, made);
    return made;
  }
}
