import { type HostTensor, isFloat } from '../host-tensor.js';
import type { NodeAttributes } from '../node-attributes.js';

/** One operator whose operands are all known. */
export class Folding {
  constructor(
    readonly inputs: readonly (HostTensor | null)[],
    readonly attributes: NodeAttributes,
    readonly outputCount: number,
  ) {}

  input(index: number): HostTensor {
    const found = this.inputs[index];
    if (!found) throw new RangeError(`operand ${index} is missing`);
    return found;
  }

  /** Operand `index` as a list of integers, `null` where it is left out. */
  ints(index: number): number[] | null {
    const found = this.inputs[index];
    if (!found) return null;
    if (isFloat(found)) throw new RangeError(`operand ${index}: expected integers`);
    return Array.from(found.data);
  }

  /** Axes, sizes and the like: operand `index`, an attribute in older opsets. */
  list(index: number, attribute: string): readonly number[] | null {
    return this.ints(index) ?? this.attributes.ints(attribute);
  }

  number(index: number, fallback: number): number {
    return this.inputs[index]?.data[0] ?? fallback;
  }
}

export type FoldRule = (site: Folding) => HostTensor[];
