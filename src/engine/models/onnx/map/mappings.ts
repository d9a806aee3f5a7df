import { CONVOLUTION } from './convolution.js';
import { ELEMENTWISE } from './elementwise.js';
import { LAYOUT } from './layout.js';
import { LINEAR } from './linear.js';
import { NORMALISATION } from './normalisation.js';
import { RESAMPLING } from './resampling.js';
import type { Mapping } from './site.js';

/** How each ONNX operator is recorded on a tape. */
export const MAPPINGS: ReadonlyMap<string, Mapping> = new Map(
  Object.entries({ ...ELEMENTWISE, ...LAYOUT, ...LINEAR, ...NORMALISATION, ...CONVOLUTION, ...RESAMPLING }),
);
