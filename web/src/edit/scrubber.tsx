import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Outcome } from './live';

/** The model's guess of the finished image at every step: from the first, of mere noise, to the result. */
export function Scrubber({
  outcome,
  onFrame,
}: {
  readonly outcome: Outcome | null;
  onFrame(url: string | null): void;
}) {
  const frames = (outcome?.frames ?? []).filter(({ coarse }) => !coarse);
  const last = frames.length;
  const at = useSignal(last);
  useEffect(() => {
    onFrame(null);
    return () => onFrame(null);
  }, []);
  const frame = frames[at.value];
  const shown = frame ? `Step ${frame.stepIndex + 1} of ${last}, timestep ${frame.timestep}` : 'Finished';
  return (
    <div class="scrubber slider">
      <label for="scrub">Timesteps</label>
      <output for="scrub" class="number">
        {outcome ? shown : '…'}
      </output>
      <input
        id="scrub"
        type="range"
        min={0}
        max={Math.max(1, last)}
        step={1}
        value={outcome ? at.value : 1}
        disabled={!outcome || last === 0}
        aria-valuetext={shown}
        style={{ '--from': '0%', '--to': `${last === 0 ? 100 : (at.value / last) * 100}%` }}
        onInput={(event) => {
          at.value = event.currentTarget.valueAsNumber;
          onFrame(frames[at.value]?.image.url ?? null);
        }}
      />
    </div>
  );
}
