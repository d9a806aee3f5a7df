import type { AttributeProto } from '../../graph/onnx-messages.js';
import { fromProto, type HostTensor } from './host-tensor.js';

/** ONNX AttributeProto.AttributeType. */
const [FLOAT, INT, STRING, TENSOR, FLOATS, INTS] = [1, 2, 3, 4, 6, 7];
/** An attribute may hold a whole weight; beyond this many numbers it is no shape, axis or kernel. */
const MAX_INTS = 64;

/** A node's attributes, each asked for by name and type. */
export class NodeAttributes {
  private readonly known: ReadonlyMap<string, AttributeProto>;

  constructor(attributes: readonly AttributeProto[]) {
    this.known = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  }

  get names(): string[] {
    return [...this.known.keys()];
  }

  has(name: string): boolean {
    return this.known.has(name);
  }

  private take(name: string, ...types: readonly number[]): AttributeProto | undefined {
    const found = this.known.get(name);
    if (!found || types.includes(found.type)) return found;
    throw new RangeError(`attribute ${name} has type ${found.type}, expected ${types.join(' or ')}`);
  }

  number(name: string, fallback?: number): number {
    const found = this.take(name, FLOAT, INT);
    if (found) return found.type === FLOAT ? found.f : found.i;
    if (fallback === undefined) throw new RangeError(`attribute ${name} is missing`);
    return fallback;
  }

  ints(name: string): readonly number[] | null {
    const found = this.take(name, INTS);
    if (found && found.ints.length > MAX_INTS)
      throw new RangeError(`attribute ${name} has ${found.ints.length} entries`);
    return found ? found.ints : null;
  }

  floats(name: string): readonly number[] | null {
    return this.take(name, FLOATS)?.floats ?? null;
  }

  text(name: string, fallback: string): string {
    const found = this.take(name, STRING);
    return found ? new TextDecoder().decode(Uint8Array.from(found.s)) : fallback;
  }

  tensor(name: string): HostTensor | null {
    const found = this.take(name, TENSOR)?.t;
    return found ? fromProto(found) : null;
  }
}
