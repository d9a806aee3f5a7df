/** Thrown by storage; `code` is the API's error code. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(
    readonly code: 'BAD_USER_INPUT' | 'NOT_FOUND' | 'CONFLICT' | 'EVENTS_EXPIRED' | 'IMAGE_EXPIRED',
    message: string,
  ) {
    super(message);
  }
}

/** What comes after `after` in a run's log is not kept any more; `firstSeq` is the first event that is. */
export function eventsExpired(after: number, firstSeq: number): StorageError {
  return new StorageError(
    'EVENTS_EXPIRED',
    `after: the events from ${after + 1} to ${firstSeq - 1} are not kept any more. Subscribe with after: ${firstSeq - 1}, or without, for those that are.`,
  );
}

/** A write into a run that somebody else has taken over: the writer must stop. */
export class StaleEpochError extends Error {
  override readonly name = 'StaleEpochError';

  constructor(runId: string, epoch: number) {
    super(`run ${runId}: epoch ${epoch} is over, another process holds the run`);
  }
}
