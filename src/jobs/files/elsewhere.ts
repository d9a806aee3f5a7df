import { existsSync } from 'node:fs';
import type { JobContext } from '../job.js';
import { sourcePath } from './model-files.js';

/** Whether an import's folder is not on this host, and another worker is there that has not looked for it yet. */
export async function isElsewhere({ work }: JobContext, modelId: string, workerId: string): Promise<boolean> {
  const model = await work.models.row(modelId);
  if (model.hub || existsSync(sourcePath(model))) return false;
  return work.models.noteUnseen(modelId, workerId);
}
