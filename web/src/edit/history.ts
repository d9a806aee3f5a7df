import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Recipe } from './recipe';

/** The recipes of this visit, and where in them it stands. */
export interface History {
  /** As it is now, also while a slider is being dragged. */
  readonly recipe: ReadonlySignal<Recipe>;
  readonly canUndo: ReadonlySignal<boolean>;
  readonly canRedo: ReadonlySignal<boolean>;
  /** Not yet a step: it is being dragged. */
  preview(recipe: Recipe): void;
  /** A step that can be undone. */
  commit(recipe: Recipe): void;
  undo(): void;
  redo(): void;
}

const STEPS_MAX = 200;

export function createHistory(first: Recipe): History {
  const steps = signal<readonly Recipe[]>([first]);
  const at = signal(0);
  const recipe = signal(first);
  const go = (index: number) => {
    const step = steps.value[index];
    if (step === undefined) return;
    at.value = index;
    recipe.value = step;
  };
  return {
    recipe,
    canUndo: computed(() => at.value > 0),
    canRedo: computed(() => at.value < steps.value.length - 1),
    preview(next) {
      recipe.value = next;
    },
    commit(next) {
      recipe.value = next;
      if (JSON.stringify(next) === JSON.stringify(steps.value[at.value])) return;
      steps.value = [...steps.value.slice(0, at.value + 1), next].slice(-STEPS_MAX);
      at.value = steps.value.length - 1;
    },
    undo: () => go(at.value - 1),
    redo: () => go(at.value + 1),
  };
}
