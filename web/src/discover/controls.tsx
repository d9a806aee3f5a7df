import { useSignal } from '@preact/signals';
import { CancelRunDocument, PauseRunDocument, ResumeRunDocument, type RunStatus } from '../api/operations';
import { request } from '../api/request';
import { useAction } from '../api/use-action';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { toastError } from '../parts/toasts';
import { isFinal } from './status-badge';

/** Pause, resume and cancel, as the status allows. */
export function Controls({ id, status, onDone }: { readonly id: string; readonly status: RunStatus; onDone(): void }) {
  const asking = useSignal(false);
  const act = useAction(async (change: () => Promise<unknown>) => {
    try {
      await change();
    } catch (thrown) {
      toastError(thrown);
    }
    onDone();
  });
  if (isFinal(status)) return null;
  const ask = (isAsking: boolean) => () => {
    asking.value = isAsking;
  };
  return (
    <div class="row">
      {status === 'PAUSED' ? (
        <Button look="primary" busy={act.busy} onClick={() => act.run(() => request(ResumeRunDocument, { id }))}>
          Resume
        </Button>
      ) : (
        <Button busy={act.busy} onClick={() => act.run(() => request(PauseRunDocument, { id }))}>
          Pause
        </Button>
      )}
      <Button look="danger" onClick={ask(true)}>
        Cancel
      </Button>
      {asking.value && (
        <Dialog title="Cancel this run?" onClose={ask(false)}>
          <p>
            It cannot be gone on with afterwards. Directions of its last checkpoint stay. To stop for a while, pause it.
          </p>
          <div class="row actions-end">
            <Button onClick={ask(false)}>Let it run</Button>
            <Button
              look="danger"
              onClick={() => {
                asking.value = false;
                void act.run(() => request(CancelRunDocument, { id }));
              }}
            >
              Cancel the run
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
