import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type ApiError, adviceFor } from '../api/errors';
import { follow } from '../api/follow';
import { CancelImportDocument, ImportModelDocument, ImportProgressDocument } from '../api/operations';
import { request } from '../api/request';
import { useAction } from '../api/use-action';
import { Button } from '../parts/button';
import { bytes } from '../parts/format';
import { ErrorNotice, Notice } from '../parts/notice';
import { Progress } from '../parts/progress';
import type { Card } from './model-card';

interface Stage {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** The stages of an import as they come, and a way to stop it. */
export function ImportUnderWay({ model, onEnd }: { readonly model: Card; onEnd(): void }) {
  const stage = useSignal<Stage | null>(null);
  const lost = useSignal<ApiError | null>(null);
  const cancel = useAction(async () => void (await request(CancelImportDocument, { id: model.id })));
  useEffect(
    () =>
      follow(ImportProgressDocument, { modelId: model.id, after: 0 }, ({ importProgress }) => importProgress, {
        onEvents(events) {
          stage.value = events.findLast((event) => event.__typename === 'ImportStage') ?? stage.value;
          const last = events.findLast((event) => event.__typename === 'StatusChanged');
          if (last && last.status !== 'QUEUED' && last.status !== 'RUNNING') onEnd();
        },
        onError(error) {
          lost.value = error;
        },
      }),
    [model.id],
  );
  const { stage: name, done, total } = stage.value ?? { stage: 'Waiting for the worker', done: 0, total: 0 };
  return (
    <>
      <Progress
        label={sentence(name)}
        done={done}
        total={total}
        note={name === 'fetching' ? fetched(done, total) : undefined}
      />
      {(lost.value ?? cancel.error) && <ErrorNotice error={(lost.value ?? cancel.error) as ApiError} />}
      <div class="row">
        <Button size="small" busy={cancel.busy} onClick={() => cancel.run()}>
          Stop the import
        </Button>
      </div>
    </>
  );
}

function sentence(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function fetched(done: number, total: number): string {
  return total > 0 ? `${bytes(done)} of ${bytes(total)}` : bytes(done);
}

const HUB = /^hub:([^@]+)(?:@(.+))?$/;

/** Why an import failed; it can be tried again from where it came from. */
export function ImportFailed({ model, onChange }: { readonly model: Card; onChange(): void }) {
  const again = useAction(async () => {
    const [, hubId, revision] = HUB.exec(model.source) ?? [];
    const from = hubId ? { hubId, ...(revision && { revision }) } : { path: model.source };
    await request(ImportModelDocument, { input: { ...from, name: model.name } });
    onChange();
  });
  const error = model.error ?? { code: 'MODEL_INVALID', message: 'It could not be imported.' };
  return (
    <>
      <Notice kind="bad" title={error.message}>
        <span>{adviceFor(error.code)}</span>
      </Notice>
      {again.error && <ErrorNotice error={again.error} />}
      <div class="row">
        <Button size="small" busy={again.busy} onClick={() => again.run()}>
          Import it again
        </Button>
      </div>
    </>
  );
}
