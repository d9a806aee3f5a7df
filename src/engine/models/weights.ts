import { EngineError } from '../errors.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, sizeOf } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import { spilled } from './spilled-tensors.js';

/** The tensors of a checkpoint, each asked for by name and shape; remembers which were. */
export class Weights {
  private readonly used = new Set<string>();
  private readonly problems: string[] = [];
  private readonly tensors: ReadonlyMap<string, FloatTensor>;

  constructor(tensors: ReadonlyMap<string, FloatTensor>) {
    this.tensors = spilled(tensors);
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /** Notes that the model uses `name` with `shape`; a miss is reported by {@link check}, with all the others. */
  expect(name: string, shape: readonly number[]): void {
    const tensor = this.tensors.get(name);
    this.used.add(name);
    if (!tensor) this.problems.push(`${name} [${shape}] is missing`);
    else if (tensor.shape.join() !== shape.join())
      this.problems.push(`${name} has shape [${tensor.shape}], expected [${shape}]`);
    else if (!allFinite(tensor.data)) this.problems.push(`${name} holds values that are not finite`);
  }

  /** Throws MODEL_INVALID with every missing, misshapen, not finite or unmatched weight (the first ten of them). */
  check(where: string): void {
    const unmatched = [...this.tensors.keys()]
      .filter((name) => !this.used.has(name))
      .map((name) => `${name} is not part of the model`);
    const all = [...this.problems, ...unmatched];
    if (all.length === 0) return;
    const more = all.length > 10 ? `; and ${all.length - 10} more` : '';
    throw new EngineError(
      'MODEL_INVALID',
      `${where}: the weights do not fit the configuration: ${all.slice(0, 10).join('; ')}${more}.`,
    );
  }

  get(name: string): FloatTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new EngineError('MODEL_INVALID', `weight ${name} is missing.`);
    return tensor;
  }

  /** Tensors in the checkpoint. */
  get count(): number {
    return this.tensors.size;
  }

  get parameterCount(): number {
    return [...this.tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }
}

function allFinite(data: Float32Array): boolean {
  for (const value of data) if (!Number.isFinite(value)) return false;
  return true;
}

/** Each weight one constant of the tape, however often it is used. */
export function frozen(tape: Tape, weights: Weights): (name: string) => Value {
  const known = new Map<string, Value>();
  return (name) => {
    const value = known.get(name) ?? tape.constant(weights.get(name), name);
    known.set(name, value);
    return value;
  };
}
