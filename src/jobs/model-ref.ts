import type { ModelRef } from '../engine/index.js';
import type { ModelRow } from '../storage/types.js';

/** How the engine finds a model again. */
export function modelRef({ path, source, hash, tapChoice }: ModelRow): ModelRef {
  return { path: path ?? source, hash: hash ?? '', hTap: tapChoice };
}
