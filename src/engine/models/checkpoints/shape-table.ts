import { EngineError } from '../../errors.js';

/** Names and shapes of a checkpoint's tensors, of which its architecture is read. */
export class ShapeTable {
  constructor(
    readonly where: string,
    private readonly shapes: ReadonlyMap<string, readonly number[]>,
  ) {}

  get names(): readonly string[] {
    return [...this.shapes.keys()];
  }

  has(name: string): boolean {
    return this.shapes.has(name);
  }

  /** Throws MODEL_INVALID if there is no such tensor, or none with such an axis. */
  extent(name: string, axis: number): number {
    const extent = this.shapes.get(name)?.[axis];
    if (extent !== undefined) return extent;
    throw this.invalid(`${name} ${this.has(name) ? `has no axis ${axis}` : 'is missing'}`);
  }

  /** How many of `name(0)`, `name(1)`, … there are without a gap. */
  count(name: (index: number) => string): number {
    let count = 0;
    while (this.has(name(count))) count += 1;
    return count;
  }

  invalid(message: string): EngineError {
    return new EngineError('MODEL_INVALID', `${this.where}: ${message}.`);
  }
}

const MAX_LEVELS = 8;

/** Throws MODEL_INVALID for a UNet of other depth or width than are built. */
export function checkLevels(table: ShapeTable, channels: readonly number[], blocks: number, groups: number): void {
  if (channels.length < 1 || channels.length > MAX_LEVELS || blocks < 1 || blocks > 16)
    throw table.invalid(`expected 1 to ${MAX_LEVELS} levels of 1 to 16 blocks, got ${channels.length} of ${blocks}`);
  const odd = channels.find((width) => width < 1 || width > 8192 || width % groups !== 0);
  if (odd !== undefined)
    throw table.invalid(`expected levels of up to 8192 channels in multiples of ${groups}, got ${odd}`);
}
