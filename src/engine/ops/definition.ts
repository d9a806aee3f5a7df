import type { Attributes, Node, Value } from '../graph/graph.js';
import type { DType } from '../graph/tensor.js';
import type { Tape } from './tape.js';

/** Of an image or a kernel: its extents, or what belongs to its four sides. */
export type Four = [number, number, number, number];
/** Of height and width. */
export type Two = [number, number];

/** Shape and element type of one output. */
export interface Inferred {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** What a shape rule sees. `integers` reads a constant int64 operand (axes, pads, a target shape). */
export interface ShapeContext {
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  /** How many outputs the caller asked for. */
  readonly outputCount: number;
  integers(index: number): number[];
}

/** What a gradient rule sees: the node, and one cotangent an output (`null` where the output does not reach the loss). */
export interface GradientContext {
  readonly tape: Tape;
  readonly node: Node;
  readonly cotangents: readonly (Value | null)[];
  /** Whether input `index` needs a cotangent; a rule may leave out what nobody asked for. */
  needs(index: number): boolean;
}

/**
 * All facts of one ONNX operator. `gradient` is `null` for an operator whose derivative is zero almost everywhere.
 * `lower` rewrites an operator that ONNX does not have into ones that it has.
 */
export interface OpDefinition {
  readonly infer: (context: ShapeContext) => Inferred[];
  readonly gradient: ((context: GradientContext) => (Value | null)[]) | null;
  readonly lower?: (tape: Tape, inputs: readonly Value[]) => Value | readonly Value[];
}

/** The input at `index`, which the operator's signature requires. */
export function required(inputs: readonly (Value | null)[], index: number): Value {
  const value = inputs[index];
  if (!value) throw new RangeError(`operand ${index} is missing`);
  return value;
}

/** An integer-list attribute, which the operator's signature requires. */
export function intsAttribute(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name];
  if (!Array.isArray(value))
    throw new RangeError(`attribute ${name}: expected a list of integers, got ${String(value)}`);
  return value;
}

/** Two integers: of height and width. */
export function pairAttribute(attributes: Attributes, name: string): [number, number] {
  const [a, b, ...more] = intsAttribute(attributes, name);
  if (a !== undefined && b !== undefined && more.length === 0) return [a, b];
  throw new RangeError(`attribute ${name}: expected two integers, got ${String(attributes[name])}`);
}

/** Four integers: top, left, bottom, right. */
export function quadAttribute(attributes: Attributes, name: string): [number, number, number, number] {
  const [a, b, c, d, ...more] = intsAttribute(attributes, name);
  if (a !== undefined && b !== undefined && c !== undefined && d !== undefined && more.length === 0)
    return [a, b, c, d];
  throw new RangeError(`attribute ${name}: expected four integers, got ${String(attributes[name])}`);
}

/** A numeric attribute, with ONNX's own default where it has one. */
export function numberAttribute(attributes: Attributes, name: string, fallback?: number): number {
  const value = attributes[name] ?? fallback;
  if (typeof value !== 'number') throw new RangeError(`attribute ${name}: expected a number, got ${String(value)}`);
  return value;
}

/** The axis counted from the front; ONNX lets it count from the back. */
export function normaliseAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(normal) || normal < 0 || normal >= rank)
    throw new RangeError(`axis ${axis} is outside a tensor of rank ${rank}`);
  return normal;
}

/** `[1,C,1,…]` for `[N,C,…]`: broadcasts over all but the channels. */
export function perChannel(shape: readonly number[]): number[] {
  return shape.map((extent, axis) => (axis === 1 ? extent : 1));
}

/** Shape of `a ∘ b` by ONNX's multidirectional broadcasting. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, position) => {
    const left = a[position - rank + a.length] ?? 1;
    const right = b[position - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) throw new RangeError(`shapes [${a}] and [${b}] do not broadcast`);
    return left === 1 ? right : left;
  });
}
