import { useSignal } from '@preact/signals';
import { Button } from '../parts/button';
import { ImageTile } from '../parts/image-tile';
import { Slider } from '../parts/slider';
import type { Preview } from './record';

export interface PreviewsProps {
  readonly previews: ReadonlyMap<number, readonly Preview[]>;
  readonly version: number;
  readonly previewEvery: number;
  readonly isOver: boolean;
}

/** What a sample in training is expected to become at each timestep, without and with the shift; any step of the past. */
export function Previews({ previews, previewEvery, isOver }: PreviewsProps) {
  /** Null: the newest, as they come. */
  const chosen = useSignal<number | null>(null);
  const steps = [...previews.keys()];
  const last = steps.length - 1;
  const index = chosen.value ?? last;
  const pairs = previews.get(steps[index] ?? -1) ?? [];
  return (
    <section class="panel stack" aria-labelledby="previews">
      <div class="row between">
        <h2 id="previews">Previews</h2>
        {pairs[0] && (
          <p class="soft small number">
            direction {pairs[0].directionIndex} at strength {Math.round(pairs[0].strength * 100) / 100}
          </p>
        )}
      </div>
      {steps.length === 0 && <p class="soft">{emptyWords(previewEvery, isOver)}</p>}
      <Pairs pairs={pairs} />
      {last > 0 && (
        <div class="scrub">
          <Slider
            label="Training step"
            min={0}
            max={last}
            step={1}
            value={index}
            shown={(at) => String(steps[at] ?? '')}
            onValue={(at) => {
              chosen.value = at === last ? null : at;
            }}
          />
          {chosen.value !== null && (
            <Button
              size="small"
              onClick={() => {
                chosen.value = null;
              }}
            >
              Newest
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

function emptyWords(previewEvery: number, isOver: boolean): string {
  if (previewEvery === 0) return 'This run was started without previews.';
  return isOver
    ? 'It ended before its first preview.'
    : `The first comes with the first step, then every ${previewEvery}.`;
}

function Pairs({ pairs }: { readonly pairs: readonly Preview[] }) {
  if (pairs.length === 0) return null;
  return (
    <div class="pairs">
      <div class="pair pair-names soft small" aria-hidden="true">
        <span>plain</span>
        <span>shifted</span>
      </div>
      {pairs.map(({ stepIndex, timestep, original, shifted }) => (
        <div key={stepIndex} class="pair">
          <ImageTile image={original} alt={`Without the shift, timestep ${timestep}`} />
          <ImageTile image={shifted} alt={`With the shift, timestep ${timestep}`} caption={`t ${timestep}`} />
        </div>
      ))}
    </div>
  );
}
