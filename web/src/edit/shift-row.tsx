import { useSignal } from '@preact/signals';
import { Button } from '../parts/button';
import { CloseIcon, CurveIcon } from '../parts/icons';
import { Slider } from '../parts/slider';
import { Curve } from './curve';
import type { RackDirection } from './rack';
import type { RecipeShift } from './recipe';

export interface ShiftRowProps {
  readonly shift: RecipeShift;
  /** Null until it is known. */
  readonly direction: RackDirection | null;
  onPreview(shift: RecipeShift): void;
  onCommit(shift: RecipeShift): void;
  onRemove(): void;
}

const MAX_STRENGTH = 6;

/** One direction: what its ends look like, its strength, and its curve over the steps. */
export function ShiftRow({ shift, direction, onPreview, onCommit, onRemove }: ShiftRowProps) {
  const open = useSignal(shift.curve.length > 0);
  const name = direction?.name ?? 'Direction';
  const limit = Math.max(direction?.discovery?.config.maxStrength ?? MAX_STRENGTH, Math.abs(shift.strength));
  const strip = direction?.filmstrip ?? [];
  const ends = [strip[0], strip.at(-1)];
  const range = direction?.strengthRange ?? null;
  const isFar = range !== null && (shift.strength < range.min || shift.strength > range.max);
  return (
    <li class="shift">
      <div class="shift-head">
        {ends.map((image, at) => (
          <span key={at === 0 ? 'low' : 'high'} class={at === 0 ? 'shift-low' : 'shift-high'}>
            {image && <img src={image.url} width={image.width} height={image.height} alt="" draggable={false} />}
          </span>
        ))}
        <div class="shift-slider">
          <Slider
            label={name}
            value={shift.strength}
            min={-limit}
            max={limit}
            step={0.1}
            shown={(value) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(1)}`}
            onValue={(strength) => onPreview({ ...shift, strength })}
            onCommit={(strength) => onCommit({ ...shift, strength })}
          />
        </div>
        <div class="shift-tools">
          <Button
            look="plain"
            size="small"
            aria-label={`Curve of ${name}`}
            aria-expanded={open.value}
            title="Curve over the steps"
            class={shift.curve.length > 0 ? 'has-curve' : ''}
            onClick={() => {
              open.value = !open.value;
            }}
          >
            <CurveIcon />
          </Button>
          <Button look="plain" size="small" aria-label={`Remove ${name}`} title="Remove" onClick={onRemove}>
            <CloseIcon />
          </Button>
        </div>
      </div>
      {isFar && range && (
        <p class="small shift-far">
          Beyond {range.min.toFixed(1)} to {range.max.toFixed(1)} images may stop looking like the model’s.
        </p>
      )}
      {open.value && (
        <Curve
          name={name}
          curve={shift.curve}
          onPreview={(curve) => onPreview({ ...shift, curve })}
          onCommit={(curve) => onCommit({ ...shift, curve })}
        />
      )}
    </li>
  );
}
