import { signal } from '@preact/signals';
import { type ApiError, asApiError } from '../api/errors';
import { Button } from './button';
import { CloseIcon } from './icons';
import './toasts.css';

interface Toast {
  readonly id: number;
  readonly kind: 'plain' | 'bad';
  readonly text: string;
  readonly advice: string;
}

const SHOWN_MS = 6000;
const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** A short message at the edge of the page; gone after some seconds. */
export function toast(text: string): void {
  add({ kind: 'plain', text, advice: '' }, SHOWN_MS);
}

/** Something failed that has no place of its own on the page. Stays until it is closed. */
export function toastError(thrown: unknown): ApiError {
  const error = asApiError(thrown);
  add({ kind: 'bad', text: error.message, advice: error.advice }, null);
  return error;
}

function add(message: Omit<Toast, 'id'>, shownMs: number | null): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.slice(-3), { id, ...message }];
  if (shownMs !== null) setTimeout(() => close(id), shownMs);
}

function close(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, kind, text, advice }) => (
        <div key={id} class={`toast toast-${kind}`}>
          <p>
            {text} {advice && <span class="soft">{advice}</span>}
          </p>
          <Button look="plain" size="small" aria-label="Close message" onClick={() => close(id)}>
            <CloseIcon />
          </Button>
        </div>
      ))}
    </div>
  );
}
