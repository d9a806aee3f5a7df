/** Thrown by storage; `code` is the API's error code. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(
    readonly code: 'BAD_USER_INPUT' | 'NOT_FOUND' | 'CONFLICT',
    message: string,
  ) {
    super(message);
  }
}

/** A write into a run that somebody else has taken over: the writer must stop. */
export class StaleEpochError extends Error {
  override readonly name = 'StaleEpochError';

  constructor(runId: string, epoch: number) {
    super(`run ${runId}: epoch ${epoch} is over, another process holds the run`);
  }
}
