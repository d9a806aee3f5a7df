/** The codes of a server's errors; a newer server may have more. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'MODEL_INVALID'
  | 'OUT_OF_MEMORY'
  | 'LIMIT_EXCEEDED'
  | 'QUEUE_FULL'
  | 'STORAGE_FULL'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'EVENTS_EXPIRED'
  | 'IMAGE_EXPIRED'
  | 'CANCELLED'
  | 'INTERNAL_SERVER_ERROR';

/** An error as it stands in an answer. */
export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    readonly code?: string;
    readonly argument?: string;
    readonly expected?: string;
    readonly got?: string;
  };
}

/**
 * What a server refused, or a connection that failed. `message` says where, what was expected, what came and what to
 * do; the parts of it are fields where the server named them.
 */
export class AzimuthError extends Error {
  override readonly name = 'AzimuthError';
  /** CONNECTION_FAILED where no answer came. */
  readonly code: ErrorCode | 'CONNECTION_FAILED' | (string & {});
  /** The argument that was refused. */
  readonly argument: string | null;
  readonly expected: string | null;
  readonly got: string | null;
  /** The field of the operation that failed. */
  readonly path: readonly (string | number)[] | null;

  constructor({ message, path, extensions }: AnswerError, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = extensions?.code ?? 'INTERNAL_SERVER_ERROR';
    this.argument = extensions?.argument ?? null;
    this.expected = extensions?.expected ?? null;
    this.got = extensions?.got ?? null;
    this.path = path ?? null;
  }
}

/** The first of an answer's errors; the others are its `cause`. */
export function answerError(errors: readonly AnswerError[]): AzimuthError {
  const [first, ...others] = errors;
  const error = first ?? { message: 'The server answered without data and without an error.' };
  return new AzimuthError(error, others.length > 0 ? { cause: others } : undefined);
}

export function connectionFailed(message: string, cause: unknown): AzimuthError {
  return new AzimuthError({ message, extensions: { code: 'CONNECTION_FAILED' } }, { cause });
}

export const isConnectionFailure = (error: unknown): boolean =>
  error instanceof AzimuthError && error.code === 'CONNECTION_FAILED';
