import { type DirectionBankRef, EngineError } from '../engine/index.js';
import type { DirectionRow, PinnedDirectionRow } from '../storage/types.js';
import type { BlobCache } from './blob-cache.js';

/** What a direction is now; BAD_USER_INPUT before its first checkpoint. */
export function pinned({ name, index, statisticsHash, parametersHash }: DirectionRow): PinnedDirectionRow {
  if (statisticsHash && parametersHash) return { index, statisticsHash, parametersHash };
  throw new EngineError(
    'BAD_USER_INPUT',
    `direction ${name}: nothing has been learned yet; wait for the discovery's first checkpoint.`,
  );
}

/** The bytes of a direction's bank. */
export async function bankOf(
  blobs: BlobCache,
  { statisticsHash, parametersHash }: PinnedDirectionRow,
): Promise<DirectionBankRef> {
  const [statistics, parameters] = await Promise.all([blobs.get(statisticsHash), blobs.get(parametersHash)]);
  return { statistics, parameters };
}
