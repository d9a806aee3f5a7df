import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ApiError } from '../api/errors';
import { follow } from '../api/follow';
import { RunEventsDocument } from '../api/operations';
import { RunRecord } from './record';

/** Drawn at most so often: more is not seen, and the page has other things to do. */
const DRAW_MS = 120;

export interface LiveRun {
  readonly record: RunRecord;
  /** Grows when the record has; whoever reads it is drawn again. */
  readonly version: number;
  readonly error: ApiError | null;
}

/** The whole log of a run from its first event, and then live. */
export function useRun(id: string): LiveRun {
  const record = useRef(new RunRecord());
  const version = useSignal(0);
  const error = useSignal<ApiError | null>(null);
  useEffect(() => {
    let drawing: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      drawing = undefined;
      version.value += 1;
    };
    const stop = follow(RunEventsDocument, { discoveryId: id, after: 0 }, ({ trainingProgress }) => trainingProgress, {
      onEvents(events) {
        for (const event of events) record.current.add(event);
        drawing ??= setTimeout(draw, DRAW_MS);
      },
      onError(reason) {
        error.value = reason;
      },
    });
    return () => {
      stop();
      clearTimeout(drawing);
    };
  }, [id]);
  return { record: record.current, version: version.value, error: error.value };
}
