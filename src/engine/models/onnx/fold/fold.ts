import type { HostTensor } from '../host-tensor.js';
import type { OnnxNode } from '../onnx-file.js';
import { ELEMENTWISE } from './elementwise.js';
import { Folding, type FoldRule } from './folding.js';
import { LAYOUT } from './layout.js';
import { LINEAR } from './linear.js';

const RULES: ReadonlyMap<string, FoldRule> = new Map(Object.entries({ ...ELEMENTWISE, ...LAYOUT, ...LINEAR }));

/** Whether {@link foldNode} knows the operator. */
export function canFold(op: string): boolean {
  return RULES.has(op);
}

/**
 * The outputs of an operator whose operands are all known, computed in JavaScript: shape chains, weights that the exporter
 * left to be transposed, and the way from a timestep to its embedding. Throws RangeError.
 */
export function foldNode(node: OnnxNode, inputs: readonly (HostTensor | null)[]): HostTensor[] {
  const rule = RULES.get(node.op);
  if (!rule) throw new RangeError('this operator is not computed for constants');
  return rule(new Folding(inputs, node.attributes, node.outputs.length));
}
