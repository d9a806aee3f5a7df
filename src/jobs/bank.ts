import { type DirectionBankRef, EngineError } from '../engine/index.js';
import type { Work } from '../storage/index.js';
import type { DirectionRow } from '../storage/types.js';

/** The bytes of a direction's bank; BAD_USER_INPUT before its first checkpoint. */
export async function bankOf(
  work: Work,
  { name, statisticsHash, parametersHash }: DirectionRow,
): Promise<DirectionBankRef> {
  if (!statisticsHash || !parametersHash) {
    throw new EngineError(
      'BAD_USER_INPUT',
      `direction ${name}: nothing has been learned yet; wait for the discovery's first checkpoint.`,
    );
  }
  return { statistics: await work.blob(statisticsHash), parameters: await work.blob(parametersHash) };
}
