import type { ApiError } from '../api/errors';
import { follow } from '../api/follow';
import { EditEventsDocument, type EditEventsSubscription } from '../api/operations';

export type EditEvent = EditEventsSubscription['editProgress'];

/** The events of an edit; frames that come faster than the page takes them are skipped. Returns what ends it. */
export function followEdit(editId: string, onEvent: (event: EditEvent) => void, onError?: (error: ApiError) => void) {
  const variables = { editId, after: 0, frames: 'LATEST' } as const;
  const onEvents = (events: readonly EditEvent[]) => {
    for (const event of events) onEvent(event);
  };
  return follow(EditEventsDocument, variables, ({ editProgress }) => editProgress, {
    onEvents,
    ...(onError && { onError }),
  });
}
