import { computed, effect, signal } from '@preact/signals';
import { type ApiError, asApiError } from '../api/errors';
import { ModelListDocument, type ModelListQuery } from '../api/operations';
import { request } from '../api/request';
import { tokenVersion } from '../api/session';
import { arrivals } from '../api/socket';

/** The models, and the one that Discover, Directions and Edit work on. It stays chosen in this browser. */

export type ListedModel = ModelListQuery['models']['edges'][number]['node'];

const KEY = 'azimuth-model';
/** Null until the first answer. */
export const models = signal<readonly ListedModel[] | null>(null);
export const modelsError = signal<ApiError | null>(null);
const chosenId = signal<string | null>(localStorage.getItem(KEY));

/** The chosen model, or else the first that can be used; null where there is none. */
export const currentModel = computed<ListedModel | null>(() => {
  const ready = (models.value ?? []).filter(({ status }) => status === 'READY');
  return ready.find(({ id }) => id === chosenId.value) ?? ready[0] ?? null;
});

export function chooseModel(id: string): void {
  localStorage.setItem(KEY, id);
  chosenId.value = id;
}

/** A model is being imported: look again soon. */
const IMPORTING_MS = 1000;
let timer: ReturnType<typeof setTimeout> | undefined;
let turn = 0;

/** Asks for the models anew; of several answers under way only the one that was asked for last counts. */
export async function refreshModels(): Promise<void> {
  clearTimeout(timer);
  turn += 1;
  const mine = turn;
  try {
    const answer = await request(ModelListDocument, {});
    if (mine !== turn) return;
    models.value = answer.models.edges.map(({ node }) => node);
    modelsError.value = null;
    if (models.value.some(({ status }) => status === 'IMPORTING')) timer = setTimeout(refreshModels, IMPORTING_MS);
  } catch (thrown) {
    if (mine === turn) modelsError.value = asApiError(thrown);
  }
}

effect(() => {
  void arrivals.value;
  void tokenVersion.value;
  void refreshModels();
});
