import * as convolution from './convolution.js';
import type { OpDefinition } from './definition.js';
import * as elementwise from './elementwise.js';
import * as interleave from './interleave.js';
import * as layout from './layout.js';
import * as linear from './linear.js';
import * as normalisation from './normalisation.js';
import * as reduction from './reduction.js';
import * as selection from './selection.js';

/** Every operator a graph may hold, under its ONNX name. */
export const OPS = {
  ...elementwise,
  ...layout,
  ...interleave,
  ...reduction,
  ...normalisation,
  ...linear,
  ...convolution,
  ...selection,
} satisfies Record<string, OpDefinition>;

export type OpName = keyof typeof OPS;

/** The facts of `op`, or an error that names the operators there are. */
export function opNamed(op: string): OpDefinition {
  if (op in OPS) return OPS[op as OpName];
  throw new RangeError(`operator ${op} is not supported; supported: ${Object.keys(OPS).join(', ')}`);
}
