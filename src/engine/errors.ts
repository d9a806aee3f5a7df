/** Literal codes of {@link EngineError}; they are also the API's `extensions.code`. */
export type EngineErrorCode =
  | 'BAD_USER_INPUT'
  | 'MODEL_INVALID'
  | 'OUT_OF_MEMORY'
  | 'CANCELLED'
  | 'INTERNAL_SERVER_ERROR';

/** The one error class of the engine: says where, what was expected, what was got, and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Throws `CANCELLED` once `signal` is aborted; called between any two session runs. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EngineError('CANCELLED', 'The run was cancelled.', { cause: signal.reason });
}
