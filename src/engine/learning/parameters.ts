import { normals, type RandomKey, uniforms } from '../diffusion/random.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';

/** Named float32 tensors that an optimiser changes. */
export type Parameters = Readonly<Record<string, FloatTensor>>;

/** How one parameter starts. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  /** `uniform`: U(−1/√fanIn, 1/√fanIn), PyTorch's default; `normal`: standard normal of unit length. */
  readonly start:
    | { readonly kind: 'uniform'; readonly fanIn: number }
    | { readonly kind: 'constant'; readonly value: number }
    | { readonly kind: 'direction' };
}
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** First values, each parameter from a key of its own. */
export function initialise(specs: ParameterSpecs, key: Omit<RandomKey, 'sample'>, firstSample: number): Parameters {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, start }], index) => {
      const own = { ...key, sample: firstSample + index };
      const size = sizeOf(shape);
      if (start.kind === 'constant') return [name, floatTensor(shape, new Float32Array(size).fill(start.value))];
      if (start.kind === 'direction') return [name, floatTensor(shape, unit(normals(own, size)))];
      const bound = 1 / Math.sqrt(start.fanIn);
      return [
        name,
        floatTensor(
          shape,
          Float32Array.from(uniforms(own, size), (value) => (2 * value - 1) * bound),
        ),
      ];
    }),
  );
}

function unit(values: Float32Array): Float32Array {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / norm);
}

/** Declares one input of the tape for each parameter. */
export function parameterInputs(tape: Tape, specs: ParameterSpecs): Record<string, Value> {
  return Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, tape.input(name, shape)]));
}

/** Numbers in all parameters together. */
export function countOf(specs: ParameterSpecs): number {
  return Object.values(specs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Each parameter as `change` makes it. */
export function mapped(parameters: Parameters, change: (tensor: FloatTensor) => FloatTensor): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, change(tensor)]));
}
