import type { ErrorDetails } from './wire';

/** The API's codes, and UNREACHABLE where no answer came. */
export type Code =
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'MODEL_INVALID'
  | 'OUT_OF_MEMORY'
  | 'LIMIT_EXCEEDED'
  | 'QUEUE_FULL'
  | 'STORAGE_FULL'
  | 'EVENTS_EXPIRED'
  | 'IMAGE_EXPIRED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'CANCELLED'
  | 'INTERNAL_SERVER_ERROR'
  | 'UNREACHABLE';

/** What the API refused, in its own words; `advice` is what a person at this page can do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: string,
    message: string,
    /** Name of the input field at fault, where the API says so. */
    readonly argument: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get advice(): string {
    return adviceFor(this.code);
  }
}

const ADVICE: Readonly<Record<Code, string>> = {
  BAD_USER_INPUT: 'Correct the value and try again.',
  NOT_FOUND: 'It may have been deleted. Go back to the list.',
  CONFLICT: 'Its state has changed meanwhile. Look at it again before you repeat this.',
  MODEL_INVALID: 'Check the files of the model; docs/models.md lists what can be imported.',
  OUT_OF_MEMORY: 'Choose fewer samples per step, or a smaller model.',
  LIMIT_EXCEEDED: 'Ask for less at once, or try again in a moment.',
  QUEUE_FULL: 'Wait until something is finished, and try again.',
  STORAGE_FULL: 'Whoever runs the server has to make room. Then try again.',
  EVENTS_EXPIRED: 'The beginning of this run is kept no longer. Load the page again to see the rest.',
  IMAGE_EXPIRED: 'Previews are kept for some time only. Choose another picture, or make this one again.',
  UNAUTHENTICATED: 'Sign in with a token of this server.',
  FORBIDDEN: 'Your token does not allow this. Sign in with another one.',
  CANCELLED: 'Start it again if you still want it.',
  INTERNAL_SERVER_ERROR: 'The log of the server says more. Try again.',
  UNREACHABLE: 'Check that the server is running. This page tries again by itself.',
};

export function adviceFor(code: string): string {
  return code in ADVICE ? ADVICE[code as Code] : ADVICE.INTERNAL_SERVER_ERROR;
}

/** The first error of an answer. */
export function apiError(errors: readonly ErrorDetails[]): ApiError {
  const { message, extensions } = errors[0] ?? { message: 'The server gave an empty answer.' };
  return new ApiError(extensions?.code ?? 'INTERNAL_SERVER_ERROR', message, extensions?.argument ?? null);
}

export function unreachable(cause: unknown): ApiError {
  return new ApiError('UNREACHABLE', 'The server does not answer.', null, { cause });
}

/** Anything thrown, as something that can be shown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError('INTERNAL_SERVER_ERROR', `The page failed: ${message}`, null, { cause: error });
}
