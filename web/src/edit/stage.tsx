import { useSignal } from '@preact/signals';
import { Button } from '../parts/button';
import { ErrorNotice } from '../parts/notice';
import type { LiveState } from './live';
import { Scrubber } from './scrubber';

export interface StageProps {
  readonly state: LiveState;
  /** What the image is of, in words. */
  readonly label: string;
  readonly again: () => void;
}

/** The image, its original beside or beneath it, and the steps that it came from. */
export function Stage({ state, label, again }: StageProps) {
  const { shown, original, phase, error, outcome } = state;
  const holding = useSignal(false);
  const split = useSignal<number | null>(null);
  const frame = useSignal<string | null>(null);
  const isOriginal = holding.value && original !== null;
  const picture = isOriginal ? original : (frame.value ?? shown);
  return (
    <section class="stage" aria-label="Image">
      <div class="stage-view" aria-busy={phase === 'working'}>
        {picture ? (
          <img class="stage-image" src={picture} alt={isOriginal ? `${label}, unedited` : label} draggable={false} />
        ) : (
          <p class="soft stage-wait">{phase === 'failed' ? 'No image.' : 'Sampling …'}</p>
        )}
        {split.value !== null && original && !isOriginal && (
          <>
            <img
              class="stage-image stage-before"
              src={original}
              alt=""
              draggable={false}
              style={{ clipPath: `inset(0 ${100 - split.value}% 0 0)` }}
            />
            <span class="stage-line" style={{ left: `${split.value}%` }} />
            <input
              class="stage-split"
              type="range"
              aria-label="Split between the original, left, and the edit"
              min={0}
              max={100}
              value={split.value}
              onInput={(event) => {
                split.value = event.currentTarget.valueAsNumber;
              }}
            />
          </>
        )}
        {isOriginal && <span class="stage-badge">Original</span>}
        {phase === 'working' && <span class="stage-working" />}
      </div>
      <div class="row stage-tools">
        <Button
          size="small"
          disabled={!original}
          aria-pressed={holding.value}
          title="Keep it pressed to see the unedited image"
          onPointerDown={() => {
            holding.value = true;
          }}
          onPointerUp={() => {
            holding.value = false;
          }}
          onPointerLeave={() => {
            holding.value = false;
          }}
          onKeyDown={(event) => {
            if (event.key === ' ' || event.key === 'Enter') holding.value = true;
          }}
          onKeyUp={() => {
            holding.value = false;
          }}
          onBlur={() => {
            holding.value = false;
          }}
        >
          Hold for original
        </Button>
        <Button
          size="small"
          disabled={!original}
          aria-pressed={split.value !== null}
          onClick={() => {
            split.value = split.value === null ? 50 : null;
          }}
        >
          Split
        </Button>
      </div>
      <Scrubber
        key={outcome?.id ?? ''}
        outcome={outcome}
        onFrame={(url) => {
          frame.value = url;
        }}
      />
      {error && <ErrorNotice error={error} again={again} />}
    </section>
  );
}
