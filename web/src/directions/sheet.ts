import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type ApiError, asApiError } from '../api/errors';
import { type SheetDirectionFragment, SheetDirectionsDocument, type UpdateDirectionInput } from '../api/operations';
import { request } from '../api/request';
import { tokenVersion } from '../api/session';
import { arrivals } from '../api/socket';
import { type Marks, useMarks } from './marks';

export type SheetDirection = SheetDirectionFragment;

export interface Sheet {
  /** All directions of the model; null before the first answer. */
  readonly directions: readonly SheetDirection[] | null;
  readonly error: ApiError | null;
  refresh(): void;
  /** Shown at once, then stored; gone again, with a message, where the server refuses. */
  mark(input: UpdateDirectionInput): Promise<void>;
}

/** While directions are still being learned, they are looked at so often. */
const LEARNING_MS = 4000;

export function useSheet(modelId: string | null): Sheet {
  const directions = useSignal<readonly SheetDirection[] | null>(null);
  const error = useSignal<ApiError | null>(null);
  const turn = useSignal(0);
  const marks = useMarks(directions);
  useEffect(() => {
    directions.value = null;
  }, [modelId]);
  useEffect(() => {
    if (modelId === null) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    newest(modelId, marks, controller.signal).then(
      (found) => {
        directions.value = found;
        error.value = null;
        if (found.some(({ filmstrip }) => filmstrip.length === 0)) timer = setTimeout(() => turn.value++, LEARNING_MS);
      },
      (thrown: unknown) => {
        if (!controller.signal.aborted) error.value = asApiError(thrown);
      },
    );
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [modelId, turn.value, arrivals.value, tokenVersion.value]);
  return {
    directions: directions.value && marks.over(directions.value),
    error: error.value,
    refresh: () => turn.value++,
    mark: marks.mark,
  };
}

/** All directions of the model, read again where a mark ended meanwhile. */
async function newest(modelId: string, marks: Marks, signal: AbortSignal): Promise<SheetDirection[]> {
  for (;;) {
    const ended = marks.ended();
    const found = await all(modelId, signal);
    if (marks.ended() === ended) return found;
  }
}

async function all(modelId: string, signal: AbortSignal): Promise<SheetDirection[]> {
  const found: SheetDirection[] = [];
  for (let after: string | null = null; ; ) {
    const { directions }: Awaited<ReturnType<typeof page>> = await page(modelId, after, signal);
    found.push(...directions.edges.map(({ node }) => node));
    if (!directions.pageInfo.hasNextPage) return found;
    after = directions.pageInfo.endCursor;
  }
}

const page = (modelId: string, after: string | null, signal: AbortSignal) =>
  request(SheetDirectionsDocument, { modelId, after }, signal);
