import { useSignal } from '@preact/signals';
import { type ApiError, asApiError } from './errors';

export interface Action<Arguments extends readonly unknown[]> {
  readonly busy: boolean;
  readonly error: ApiError | null;
  run(...args: Arguments): Promise<void>;
  clear(): void;
}

/** Something that a person asks for: under way, or failed with a reason to show. Only one at a time. */
export function useAction<Arguments extends readonly unknown[]>(
  act: (...args: Arguments) => Promise<void>,
): Action<Arguments> {
  const busy = useSignal(false);
  const error = useSignal<ApiError | null>(null);
  return {
    busy: busy.value,
    error: error.value,
    clear: () => {
      error.value = null;
    },
    async run(...args) {
      if (busy.peek()) return;
      busy.value = true;
      error.value = null;
      try {
        await act(...args);
      } catch (thrown) {
        error.value = asApiError(thrown);
      } finally {
        busy.value = false;
      }
    },
  };
}
