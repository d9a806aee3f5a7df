import { type Signal, useSignal } from '@preact/signals';
import type { StartDiscoveryInput } from '../api/operations';
import { SHIFTS_OF } from './defaults';

/** Only what differs from the API's defaults: the rest is left to it. */
export type Changes = Partial<Omit<StartDiscoveryInput, 'modelId' | 'idempotencyKey'>>;

export interface FormState {
  readonly changes: Signal<Changes>;
  /** Undefined or null: the default again. */
  set<Key extends keyof Changes>(key: Key, value: Changes[Key]): void;
  replace(values: Changes): void;
}

export function useFormState(): FormState {
  const changes = useSignal<Changes>({});
  return {
    changes,
    set(key, value) {
      changes.value = consistent({ ...changes.value, [key]: value ?? undefined });
    },
    replace(values) {
      changes.value = values;
    },
  };
}

/** Options of a kind that the method cannot find, or that only another kind has, go with it. */
function consistent(changes: Changes): Changes {
  const kinds = SHIFTS_OF[changes.method ?? 'LEARNED'];
  const kept = { ...changes };
  if (kept.shift && !kinds.includes(kept.shift)) delete kept.shift;
  const kind = kept.shift ?? kinds[0];
  const isLearned = (changes.method ?? 'LEARNED') === 'LEARNED';
  if (kind !== 'SUBSPACE' || !isLearned) delete kept.start;
  if (!isLearned) delete kept.gradientSteps;
  if (kind !== 'GLOBAL' && kind !== 'TIMESTEP') delete kept.fullSpatial;
  if (kind === 'BLOCK' || kind === 'PER_TIMESTEP') delete kept.orthonormal;
  return kept;
}
