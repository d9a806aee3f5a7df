import type { DType, Tensor } from './tensor.js';

/** A tensor-valued edge of a graph: its unique name, static shape and element type. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** What an ONNX attribute may hold here. */
export type Attribute = number | string | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/**
 * One operator application. `inputs` holds `null` where an optional input is left out; shape-like operands (axes, pads,
 * target shapes) are constants of the graph, as ONNX wants them.
 */
export interface Node {
  readonly op: string;
  /** ONNX's own operators if left out. */
  readonly domain?: string;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/**
 * A static-shape ONNX graph. Nodes are in topological order; `outputs` maps public names to values.
 * `constants` are keyed by value name and are serialised as initialisers.
 */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: Readonly<Record<string, Value>>;
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
}
