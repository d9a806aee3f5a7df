import { Slider } from '../parts/slider';
import type { Recipe } from './recipe';

/** How the image is sampled; seldom changed. */
export function Sampling({ recipe, onRecipe }: { readonly recipe: Recipe; onRecipe(recipe: Recipe): void }) {
  const { samplingSteps, qualityBoost } = recipe;
  return (
    <details class="sampling">
      <summary>Sampling</summary>
      <div class="stack">
        <Slider
          label="Sampling steps"
          value={samplingSteps}
          min={5}
          max={100}
          step={5}
          onValue={() => {}}
          onCommit={(steps) => onRecipe({ ...recipe, samplingSteps: steps })}
        />
        <Slider
          label="Quality boost"
          value={qualityBoost}
          min={0}
          max={1}
          step={0.05}
          shown={(value) => (value === 0 ? 'off' : `last ${Math.round(value * 100)} % of the steps`)}
          onValue={() => {}}
          onCommit={(boost) => onRecipe({ ...recipe, qualityBoost: boost })}
        />
        <p class="small soft">
          More steps are finer and slower. The boost adds noise in the last steps, and may mend strong edits.
        </p>
      </div>
    </details>
  );
}
