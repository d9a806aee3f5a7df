import { type DirectionBankRef, EngineError } from '../engine/index.js';
import type { DirectionRow, PinnedDirectionRow } from '../storage/types.js';
import type { BlobCache } from './blob-cache.js';

/** One object, so that banks without statistics are decoded once. */
const NO_STATISTICS = new Uint8Array();

/** What a direction is now; BAD_USER_INPUT before its first checkpoint. */
export function pinned({ name, origin, index, statisticsHash, parametersHash }: DirectionRow): PinnedDirectionRow {
  // What came as a file needs no statistics.
  if (parametersHash && (statisticsHash || origin === 'IMPORTED')) return { index, statisticsHash, parametersHash };
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
  const [statistics, parameters] = await Promise.all([
    statisticsHash ? blobs.get(statisticsHash) : NO_STATISTICS,
    blobs.get(parametersHash),
  ]);
  return { statistics, parameters };
}
