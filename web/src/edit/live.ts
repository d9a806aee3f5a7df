import { type ReadonlySignal, signal } from '@preact/signals';
import { ApiError, asApiError } from '../api/errors';
import {
  type ApplyEditInput,
  ApplyLiveEditDocument,
  EditOutcomeDocument,
  type EditOutcomeQuery,
} from '../api/operations';
import { request } from '../api/request';
import { type EditEvent, followEdit } from './follow-edit';

export type Outcome = NonNullable<EditOutcomeQuery['edit']>;

export interface LiveState {
  /** The newest picture that has been decoded. */
  readonly shown: string | null;
  /** The unedited image of the same base, once it is known. */
  readonly original: string | null;
  readonly phase: 'idle' | 'working' | 'done' | 'failed';
  readonly error: ApiError | null;
  readonly warnings: readonly string[];
  /** The last edit that ended well, until the next is asked for. */
  readonly outcome: Outcome | null;
}

export interface Live {
  readonly state: ReadonlySignal<LiveState>;
  /** Shows this edit as soon as it can; what was asked for and has not been sent is forgotten. */
  ask(input: ApplyEditInput): void;
  stop(): void;
}

/** Name of the measure from a wish to its first frame on the page, for scripts that measure. */
export const FIRST_FRAME = 'edit-first-frame';
/** Not more than twenty requests a second. */
const APART_MS = 50;
/** The next wish waits for the first frame of the one before, so that there is always something to see; but not longer. */
const PATIENCE_MS = 250;
/** Steps of the coarse pass that comes first. */
const COARSE_STEPS = 4;

const NOTHING: LiveState = { shown: null, original: null, phase: 'idle', error: null, warnings: [], outcome: null };

interface Wish {
  readonly input: ApplyEditInput;
  readonly at: number;
}

/** Edits that follow a slider: each replaces the one before, and the newest picture wins. */
export function createLive(): Live {
  const state = signal(NOTHING);
  let wish: Wish | null = null;
  let sending = false;
  let turn = 0;
  let lastId: string | null = null;
  let lastBase = '';
  let nextAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest = 0;
  let stopped = false;
  const followed = new Map<number, () => void>();
  const set = (changed: Partial<LiveState>) => {
    state.value = { ...state.peek(), ...changed };
  };

  const pump = async () => {
    clearTimeout(timer);
    const wait = nextAt - performance.now();
    if (wish === null || sending || stopped) return;
    if (wait > 0) {
      timer = setTimeout(pump, wait);
      return;
    }
    const { input, at } = wish;
    const base = JSON.stringify([input.modelId, input.seed, input.imageId, input.fit, input.samplingSteps]);
    wish = null;
    sending = true;
    turn += 1;
    const mine = turn;
    const sentAt = performance.now();
    nextAt = sentAt + PATIENCE_MS;
    set({ phase: 'working', error: null, outcome: null, ...(base !== lastBase && { original: null }) });
    lastBase = base;
    try {
      const coarseSteps = Math.min(COARSE_STEPS, input.samplingSteps ?? COARSE_STEPS);
      const live = { ...input, coarseSteps, ...(lastId !== null && { replaces: lastId }) };
      const { applyEdit } = await request(ApplyLiveEditDocument, { input: live });
      lastId = applyEdit.id;
      set({ warnings: applyEdit.warnings });
      if (!stopped) watch(applyEdit.id, mine, at, sentAt);
    } catch (error) {
      lastId = null;
      if (mine === turn) set({ phase: 'failed', error: asApiError(error), warnings: [] });
    } finally {
      sending = false;
      void pump();
    }
  };

  const watch = (id: string, mine: number, askedAt: number, sentAt: number) => {
    let isFirst = true;
    const show = async (url: string, seq: number) => {
      if (!(await isDecoded(url))) return;
      const order = mine * 10_000 + seq;
      if (order < newest || stopped) return;
      newest = order;
      set({ shown: url });
      if (!isFirst) return;
      isFirst = false;
      performance.measure(FIRST_FRAME, { start: askedAt, end: performance.now(), detail: id });
      leaveBefore(mine);
      nextAt = Math.min(nextAt, sentAt + APART_MS);
      void pump();
    };
    const take = (event: EditEvent) => {
      if (event.__typename === 'EditFrame') void show(event.image.url, event.seq);
      if (event.__typename === 'EditFinished') {
        void show(event.result.url, event.seq);
        if (mine === turn) set({ original: event.original?.url ?? null });
      }
      if (event.__typename === 'StatusChanged' && mine === turn) void ended(id, mine, event.status, event.error);
    };
    const leave = followEdit(id, take, (error) => mine === turn && set({ phase: 'failed', error }));
    followed.set(mine, leave);
  };

  const ended = async (
    id: string,
    mine: number,
    status: string,
    error: { readonly code: string; readonly message: string } | null,
  ) => {
    if (status === 'FAILED' && error) set({ phase: 'failed', error: new ApiError(error.code, error.message) });
    if (status !== 'SUCCEEDED') return;
    try {
      const { edit } = await request(EditOutcomeDocument, { id });
      if (edit && mine === turn) set({ phase: 'done', outcome: edit, original: edit.original?.url ?? null });
    } catch (thrown) {
      if (mine === turn) set({ phase: 'failed', error: asApiError(thrown) });
    }
  };

  /** Nothing more is wanted of the edits before this one. */
  const leaveBefore = (mine: number) => {
    for (const [one, leave] of followed) {
      if (one >= mine) continue;
      leave();
      followed.delete(one);
    }
  };

  return {
    state,
    ask(input) {
      wish = { input, at: performance.now() };
      void pump();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      leaveBefore(Number.POSITIVE_INFINITY);
    },
  };
}

/** Decoded before it is shown, so that nothing flickers. */
async function isDecoded(url: string): Promise<boolean> {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return true;
  } catch {
    return false;
  }
}
