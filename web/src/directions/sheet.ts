import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type ApiError, asApiError } from '../api/errors';
import {
  MarkDirectionDocument,
  type SheetDirectionFragment,
  SheetDirectionsDocument,
  type UpdateDirectionInput,
} from '../api/operations';
import { request } from '../api/request';
import { tokenVersion } from '../api/session';
import { arrivals } from '../api/socket';
import { toastError } from '../parts/toasts';

export type SheetDirection = SheetDirectionFragment;

export interface Sheet {
  /** All directions of the model; null before the first answer. */
  readonly directions: readonly SheetDirection[] | null;
  readonly error: ApiError | null;
  refresh(): void;
  /** Changes it here at once and then there; back, with a message, where the server refuses. */
  mark(input: UpdateDirectionInput): Promise<void>;
}

/** While directions are still being learned, they are looked at so often. */
const LEARNING_MS = 4000;

export function useSheet(modelId: string | null): Sheet {
  const directions = useSignal<readonly SheetDirection[] | null>(null);
  const error = useSignal<ApiError | null>(null);
  const turn = useSignal(0);
  useEffect(() => {
    directions.value = null;
  }, [modelId]);
  useEffect(() => {
    if (modelId === null) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    all(modelId, controller.signal).then(
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
    directions: directions.value,
    error: error.value,
    refresh: () => turn.value++,
    async mark(input) {
      const before = directions.peek();
      const put = (one: Partial<SheetDirection> & { id: string }) => {
        directions.value =
          directions.peek()?.map((direction) => (direction.id === one.id ? { ...direction, ...one } : direction)) ??
          null;
      };
      const { id, name, tags, favourite, hidden } = input;
      put({ id, ...defined({ name, tags, favourite, hidden }) });
      try {
        put((await request(MarkDirectionDocument, { input })).updateDirection);
      } catch (thrown) {
        directions.value = before;
        toastError(thrown);
      }
    },
  };
}

type Marks = Pick<SheetDirection, 'name' | 'tags' | 'favourite' | 'hidden'>;

function defined(marks: { readonly [Key in keyof Marks]: Marks[Key] | null | undefined }): Partial<Marks> {
  return Object.fromEntries(Object.entries(marks).filter(([, value]) => value !== undefined && value !== null));
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
