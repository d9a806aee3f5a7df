import { existsSync } from 'node:fs';
import type { JobContext } from '../job.js';
import { type ModelFiles, sourcePath } from './model-files.js';

/**
 * Puts models into the file store that were imported before there was one, where this worker has them. The engine reads each
 * first: one that has changed since its import is not stored.
 */
export async function storeOldModels(
  { work, engine, logger }: JobContext,
  files: ModelFiles,
  signal: AbortSignal,
): Promise<void> {
  for (const model of await work.models.modelsWithoutFiles()) {
    const path = sourcePath(model);
    if (signal.aborted) return;
    if (!existsSync(path)) continue;
    try {
      await engine.foretellMemory({ path, hash: model.hash ?? '', hTap: model.tapChoice });
      await work.models.putFilesOfModel(model.id, await files.store(path, model.report?.files ?? null));
      logger.info({ modelId: model.id }, 'the files of a model are in the store now');
    } catch (error) {
      logger.warn(
        { modelId: model.id, err: error },
        'the files of a model could not be stored; other workers cannot use it',
      );
    }
  }
}
