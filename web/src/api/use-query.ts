import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type ApiError, asApiError } from './errors';
import type { TypedDocumentString } from './operations';
import { request } from './request';
import { tokenVersion } from './session';
import { arrivals } from './socket';

export interface QueryState<Data> {
  /** The newest answer; stays while it is asked for again. Null before the first. */
  readonly data: Data | null;
  /** Why the last time failed; null once it succeeds. */
  readonly error: ApiError | null;
  readonly loading: boolean;
  /** Asks again now. */
  refresh(): void;
}

export interface QueryOptions<Data> {
  /** Milliseconds until it is asked again, by the answer; null: not by itself. */
  readonly every?: (data: Data) => number | null;
  /** False: not asked yet. */
  readonly when?: boolean;
}

/** The answer of a query, asked again when its variables change, the server is there again, or there is a new token. */
export function useQuery<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { every, when = true }: QueryOptions<Data> = {},
): QueryState<Data> {
  const state = useSignal<Omit<QueryState<Data>, 'refresh'>>({ data: null, error: null, loading: when });
  const turn = useSignal(0);
  const interval = useRef(every);
  interval.current = every;
  const key = JSON.stringify(variables);
  const previousKey = useRef(key);
  useEffect(() => {
    if (!when) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // What belongs to other variables is not shown as if it were of these.
    const kept = previousKey.current === key ? state.peek().data : null;
    previousKey.current = key;
    state.value = { data: kept, error: state.peek().error, loading: true };
    request(document, variables, controller.signal).then(
      (data) => {
        state.value = { data, error: null, loading: false };
        const wait = interval.current?.(data) ?? null;
        if (wait !== null) timer = setTimeout(() => turn.value++, wait);
      },
      (error: unknown) => {
        if (!controller.signal.aborted) state.value = { data: kept, error: asApiError(error), loading: false };
      },
    );
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [document, key, when, turn.value, arrivals.value, tokenVersion.value]);
  return { ...state.value, refresh: () => turn.value++ };
}
