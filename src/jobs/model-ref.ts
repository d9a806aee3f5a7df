import type { ModelRef } from '../engine/index.js';
import type { ModelRow } from '../storage/types.js';
import { sourcePath } from './files/model-files.js';
import type { JobContext } from './job.js';

/** How the engine finds a model again, on this host. */
export async function modelRef({ files }: Pick<JobContext, 'files'>, model: ModelRow): Promise<ModelRef> {
  if (files) return files.ref(model);
  return { path: sourcePath(model), hash: model.hash ?? '', hTap: model.tapChoice };
}
