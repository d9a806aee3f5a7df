import type { AttributeProto } from '../../graph/onnx-messages.js';
import { fromProto, type HostTensor } from './host-tensor.js';

/** ONNX AttributeProto.AttributeType. */
const [FLOAT, INT, STRING, TENSOR, FLOATS, INTS] = [1, 2, 3, 4, 6, 7];
/** An attribute may hold a whole weight; beyond this many numbers it is no shape, axis or kernel. */
const MAX_INTS = 64;

type Content = number | string | readonly number[] | HostTensor | null;

/** A node's attributes, each asked for by name and type. Copies: the file's bytes are let go. */
export class NodeAttributes {
  private readonly known = new Map<string, { readonly type: number; readonly content: Content }>();

  /** Throws RangeError on a tensor that is none. */
  constructor(attributes: readonly AttributeProto[]) {
    for (const attribute of attributes)
      this.known.set(attribute.name, { type: attribute.type, content: contentOf(attribute) });
  }

  get names(): string[] {
    return [...this.known.keys()];
  }

  has(name: string): boolean {
    return this.known.has(name);
  }

  private take(name: string, ...types: readonly (number | undefined)[]): Content {
    const found = this.known.get(name);
    if (!found) return null;
    if (types.includes(found.type)) return found.content;
    throw new RangeError(`attribute ${name} has type ${found.type}, expected ${types.join(' or ')}`);
  }

  number(name: string, fallback?: number): number {
    const found = this.take(name, FLOAT, INT) ?? fallback;
    if (typeof found === 'number') return found;
    throw new RangeError(`attribute ${name} is missing`);
  }

  ints(name: string): readonly number[] | null {
    const found = this.take(name, INTS) as readonly number[] | null;
    if (found && found.length > MAX_INTS) throw new RangeError(`attribute ${name} has ${found.length} entries`);
    return found;
  }

  floats(name: string): readonly number[] | null {
    return this.take(name, FLOATS) as readonly number[] | null;
  }

  text(name: string, fallback: string): string {
    return (this.take(name, STRING) as string | null) ?? fallback;
  }

  tensor(name: string): HostTensor | null {
    return this.take(name, TENSOR) as HostTensor | null;
  }
}

function contentOf({ type, f, i, s, t, floats, ints }: AttributeProto): Content {
  if (type === FLOAT) return f;
  if (type === INT) return i;
  if (type === STRING) return new TextDecoder().decode(Uint8Array.from(s));
  if (type === TENSOR) return t && fromProto(t);
  if (type === FLOATS) return [...floats];
  return type === INTS ? [...ints] : null;
}
