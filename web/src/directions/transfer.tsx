import { useRef } from 'preact/hooks';
import { ExportSheetDocument, ImportSheetDocument } from '../api/operations';
import { request, upload } from '../api/request';
import { useAction } from '../api/use-action';
import { Button } from '../parts/button';
import { ErrorNotice } from '../parts/notice';
import { toast } from '../parts/toasts';
import type { SheetDirection } from './sheet';

export interface TransferProps {
  readonly modelId: string;
  /** What is exported: those ticked, or else all that are shown. */
  readonly directions: readonly SheetDirection[];
  onImported(): void;
}

/** Directions into a file and out of one. */
export function Transfer({ modelId, directions, onImported }: TransferProps) {
  const picker = useRef<HTMLInputElement>(null);
  const exporting = useAction(async () => {
    const { exportDirections } = await request(ExportSheetDocument, { ids: directions.map(({ id }) => id) });
    const link = document.createElement('a');
    link.href = exportDirections.url;
    link.download = 'directions.safetensors';
    link.click();
  });
  const importing = useAction(async (file: File) => {
    const body = new Blob([file], { type: 'application/octet-stream' });
    const { url } = await upload<{ url: string }>('/directions', body);
    const { importDirections } = await request(ImportSheetDocument, { input: { modelId, url } });
    toast(`Imported ${importDirections.length} directions.`);
    onImported();
  });
  const error = exporting.error ?? importing.error;
  return (
    <div class="transfer">
      <div class="row">
        <Button size="small" busy={importing.busy} onClick={() => picker.current?.click()}>
          Import …
        </Button>
        <Button
          size="small"
          busy={exporting.busy}
          disabled={directions.length === 0}
          onClick={() => void exporting.run()}
        >
          Export {directions.length}
        </Button>
      </div>
      <input
        ref={picker}
        type="file"
        accept=".safetensors"
        class="unseen"
        tabIndex={-1}
        aria-label="File of directions"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) void importing.run(file);
        }}
      />
      {error && <ErrorNotice error={error} />}
    </div>
  );
}
