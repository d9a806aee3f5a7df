import { useSignal } from '@preact/signals';
import { ImportModelDocument } from '../api/operations';
import { request } from '../api/request';
import { useAction } from '../api/use-action';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { TextField } from '../parts/field';
import { ErrorNotice } from '../parts/notice';
import '../parts/segments.css';

type Source = 'path' | 'hubId';

const SOURCES: Readonly<Record<Source, { label: string; field: string; placeholder: string; hint: string }>> = {
  path: {
    label: 'Folder',
    field: 'Folder or file on the server',
    placeholder: '/models/ddpm-cat-256',
    hint: "A diffusers folder, an ONNX export or a checkpoint, on the disk of the server: not of this browser's computer.",
  },
  hubId: {
    label: 'Model hub',
    field: 'Repository',
    placeholder: 'google/ddpm-celebahq-256',
    hint: 'owner/name. The server fetches what it needs into its data folder.',
  },
};

export function ImportDialog({ onClose, onStarted }: { onClose(): void; onStarted(): void }) {
  const source = useSignal<Source>('path');
  const place = useSignal('');
  const name = useSignal('');
  const start = useAction(async () => {
    const given = { [source.value]: place.value.trim(), ...(name.value.trim() && { name: name.value.trim() }) };
    await request(ImportModelDocument, { input: given });
    onStarted();
    onClose();
  });
  const { field, placeholder, hint } = SOURCES[source.value];
  return (
    <Dialog title="Import a model" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void start.run();
        }}
      >
        <fieldset class="segments">
          <legend class="unseen">Where it is</legend>
          {(Object.keys(SOURCES) as Source[]).map((key) => (
            <label key={key}>
              <input
                type="radio"
                name="source"
                checked={source.value === key}
                onChange={() => {
                  source.value = key;
                  start.clear();
                }}
              />
              <span>{SOURCES[key].label}</span>
            </label>
          ))}
        </fieldset>
        <TextField
          label={field}
          placeholder={placeholder}
          hint={hint}
          required
          value={place.value}
          onText={(text) => {
            place.value = text;
          }}
        />
        <TextField
          label="Name (optional)"
          hint="That of the folder or repository if left out."
          maxLength={120}
          value={name.value}
          onText={(text) => {
            name.value = text;
          }}
        />
        {start.error && <ErrorNotice error={start.error} />}
        <div class="row actions-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={start.busy}>
            Import
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
