import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { type LimitDetails, LimitError } from '../access/limit-error.js';
import { LIMIT_SETTINGS } from '../access/limits.js';
import { type Outage, outageOf } from '../storage/outages.js';

/** Everything that `extensions.code` can say. */
export const ERROR_CODES = [
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'MODEL_INVALID',
  'OUT_OF_MEMORY',
  'LIMIT_EXCEEDED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'QUEUE_FULL',
  'STORAGE_FULL',
  'EVENTS_EXPIRED',
  'IMAGE_EXPIRED',
  'CANCELLED',
  'INTERNAL_SERVER_ERROR',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an argument should have been; goes out beside the code. */
export interface InputDetails {
  readonly argument: string;
  readonly expected: string;
  readonly got: string;
}

/** The one error that resolvers throw: says where, what was expected, what was got, what to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: InputDetails | null = null,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** A value as it can stand in a message: short, and never more than the client sent. */
export function describe(value: unknown): string {
  const text = typeof value === 'number' || value === undefined ? String(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** `got` in words. */
export function mismatch(argument: string, expected: string, got: string, advice = ''): ApiError {
  const message = `${argument}: expected ${expected}, got ${got}.${advice ? ` ${advice}` : ''}`;
  return new ApiError('BAD_USER_INPUT', message, { argument, expected, got });
}

export function inputError(argument: string, expected: string, value: unknown, advice = ''): ApiError {
  return mismatch(argument, expected, describe(value), advice);
}

export function notFound(type: string, id: string): ApiError {
  return new ApiError('NOT_FOUND', `There is no ${type} with id "${id}". It may have been deleted.`);
}

/** Characters of a message; our own have some hundred. */
const MESSAGE_MAX = 2000;

function isErrorCode(value: unknown): value is ErrorCode {
  return ERROR_CODES.some((code) => code === value);
}

/** The error that was thrown, below the GraphQL errors that say where it passed. */
function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error;
}

interface PublicError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: InputDetails | LimitDetails | null;
}

/**
 * A GraphQL error at the bottom is the request's fault (syntax, validation, variables, limits), unless it came out of
 * serialising a result: that has neither nodes nor source of its own, yet it has a path above.
 */
function publicGraphQLError(cause: GraphQLError, { message, path }: GraphQLError): PublicError | null {
  const { code } = cause.extensions;
  if (code === 'INTERNAL_SERVER_ERROR') return null;
  if (isErrorCode(code)) return { code, message, details: limitDetails(cause.extensions) };
  const tokens = /^Syntax Error: Document contains more tha[nt] (\d+) tokens/.exec(message)?.[1];
  if (tokens !== undefined) {
    const details = { limit: Number(tokens), setting: LIMIT_SETTINGS.tokens.variable };
    return { code: 'LIMIT_EXCEEDED', message: `The document has more than ${tokens} tokens. Send less.`, details };
  }
  const fromSerialising = path !== undefined && cause.nodes === undefined && cause.source === undefined;
  return fromSerialising ? null : { code: 'BAD_USER_INPUT', message, details: null };
}

const OUTAGES: Readonly<Record<Outage, PublicError>> = {
  AWAY: {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'The database cannot be reached just now. What was acknowledged is kept; try this again.',
    details: null,
  },
  FULL: {
    code: 'STORAGE_FULL',
    message: 'The database has no room left, so that nothing was changed. Make room, and try this again.',
    details: null,
  },
};

/** What to say of an error that may pass; the log has what it was. */
export function outageError(error: unknown): Pick<PublicError, 'code' | 'message'> | null {
  const outage = outageOf(error);
  return outage && OUTAGES[outage];
}

/** Of a limit on documents, which validation rules report. */
function limitDetails({ limit, value, setting }: GraphQLError['extensions']): LimitDetails | null {
  if (typeof limit !== 'number' || typeof setting !== 'string') return null;
  return { limit, setting, ...(typeof value === 'number' ? { value } : {}) };
}

/** `null` for what a client must not see. Storage and engine errors carry a code of the list themselves. */
function publicError(cause: unknown, located: GraphQLError): PublicError | null {
  if (cause instanceof GraphQLError) return publicGraphQLError(cause, located);
  if (!(cause instanceof Error && 'code' in cause && isErrorCode(cause.code))) return null;
  if (cause.code === 'INTERNAL_SERVER_ERROR') return null;
  const details = cause instanceof ApiError || cause instanceof LimitError ? cause.details : null;
  return { code: cause.code, message: cause.message, details };
}

/** The one mapper from errors to `extensions.code`. What it does not know is masked and logged with its stack. */
export function presentError(error: unknown, logger: Logger): GraphQLFormattedError {
  const located = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: toError(error) });
  const cause = causeOf(located);
  const known = publicError(cause, located);
  if (known === null) logger.error({ err: cause, path: located.path }, 'unexpected error in a GraphQL operation');
  const shown = known ?? outageError(cause);
  return {
    message: shortened(shown?.message ?? 'Internal server error. The server log says more.'),
    ...(located.locations ? { locations: located.locations } : {}),
    ...(located.path ? { path: located.path } : {}),
    extensions: { code: shown?.code ?? 'INTERNAL_SERVER_ERROR', ...known?.details },
  };
}

/** Names of the schema that graphql suggests are part of it: who may not see it gets none. */
export function withoutSuggestions<Shown extends { readonly message: string }>(error: Shown): Shown {
  return { ...error, message: error.message.replace(/\s*Did you mean [\s\S]*?\?(?=\s|$)/g, '') };
}

/** graphql prints a wrong variable whole, and into each of fifty errors: an answer must not be larger than its question. */
function shortened(message: string): string {
  return message.length > MESSAGE_MAX ? `${message.slice(0, MESSAGE_MAX)}…` : message;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
