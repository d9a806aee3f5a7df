import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { ApplyEditInput } from '../api/operations';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { REQUEST_TEXTS } from './request-text';

/** The exact request of this edit, to copy. */
export function CopyRequest({ input, onClose }: { readonly input: ApplyEditInput; onClose(): void }) {
  const chosen = useSignal(0);
  const copied = useSignal(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const { text, note } = REQUEST_TEXTS[chosen.value] ?? REQUEST_TEXTS[0]!;
  const value = text(input, location.origin);
  const copy = async () => {
    area.current?.select();
    // A page that came over plain HTTP from another machine has no clipboard of its own.
    if (navigator.clipboard) await navigator.clipboard.writeText(value);
    else document.execCommand('copy');
    copied.value = true;
  };
  return (
    <Dialog title="This edit, as a request of your app" onClose={onClose}>
      <fieldset class="segments" aria-label="Form">
        {REQUEST_TEXTS.map(({ label }, at) => (
          <label key={label}>
            <input
              type="radio"
              name="form"
              checked={at === chosen.value}
              onChange={() => {
                chosen.value = at;
                copied.value = false;
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <p class="soft small">{note}</p>
      <textarea ref={area} class="control mono request-text" aria-label="Request" readOnly rows={14} value={value} />
      <div class="row actions-end">
        <span class="small soft" role="status">
          {copied.value ? 'Copied.' : ''}
        </span>
        <Button look="primary" onClick={() => void copy()}>
          Copy
        </Button>
      </div>
    </Dialog>
  );
}
