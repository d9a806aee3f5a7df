import type { Client } from 'graphql-ws/client';
import { type AnswerError, AzimuthError, answerError, connectionFailed } from './errors.js';
import type { TypedDocument } from './typed-document.js';

/** The results of one subscription on one socket. Throws CONNECTION_FAILED when the socket is lost. */
export async function* subscribe<Result, Variables>(
  socket: Client,
  document: TypedDocument<Result, Variables>,
  variables: object,
  signal: AbortSignal | undefined,
): AsyncGenerator<Result, void, void> {
  const arrived: Result[] = [];
  let end: { readonly error: unknown } | null = null;
  let wake = (): void => {};
  const finish = (error: unknown) => {
    end ??= { error };
    wake();
  };
  const payload = { query: document.toString(), variables: { ...variables } };
  const unsubscribe = socket.subscribe<Result>(payload, {
    next({ data, errors }) {
      if (errors) return finish(answerError(errors as readonly AnswerError[]));
      if (data) arrived.push(data);
      wake();
    },
    error: (error) => finish(failureOf(error)),
    complete: () => finish(null),
  });
  const abort = () => finish(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    for (;;) {
      const results = arrived.splice(0);
      // An abort is at once: what has arrived and was not taken is not wanted.
      for (const result of results) {
        signal?.throwIfAborted();
        yield result;
      }
      if (arrived.length > 0) continue;
      const ended = end as { readonly error: unknown } | null;
      if (ended?.error) throw ended.error;
      if (ended) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    unsubscribe();
  }
}

/** Close codes of graphql-transport-ws that no second try would change. */
const REFUSALS: Readonly<Record<number, string>> = {
  4400: 'BAD_USER_INPUT',
  4401: 'UNAUTHENTICATED',
  4403: 'FORBIDDEN',
  4406: 'BAD_USER_INPUT',
};

/** What graphql-ws reports: errors of the operation, or why the socket closed. */
function failureOf(error: unknown): AzimuthError {
  if (Array.isArray(error)) return answerError(error as AnswerError[]);
  const { code, reason } = closingOf(error);
  const refused = code === null ? undefined : REFUSALS[code];
  if (refused === undefined) return connectionFailed(`The socket was lost${reason ? `: ${reason}` : ''}.`, error);
  return new AzimuthError({ message: reason || `The socket was closed (${code}).`, extensions: { code: refused } });
}

function closingOf(event: unknown): { readonly code: number | null; readonly reason: string } {
  if (typeof event !== 'object' || event === null || !('code' in event)) return { code: null, reason: '' };
  const reason = 'reason' in event ? String(event.reason) : '';
  return { code: typeof event.code === 'number' ? event.code : null, reason };
}
