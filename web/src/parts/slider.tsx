import { useId } from 'preact/hooks';
import './slider.css';

export interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** While it is dragged, with every change. */
  onValue(value: number): void;
  /** When it is let go. */
  onCommit?(value: number): void;
  /** As the value is shown and read out; two decimals at most if left out. */
  readonly shown?: (value: number) => string;
  /** Only read out, not shown. */
  readonly labelUnseen?: boolean;
}

/** A native range input: arrow keys, Page keys, Home and End work. The filled part starts at 0, or at `min`. */
export function Slider({ label, value, min, max, step, onValue, onCommit, shown = plain, labelUnseen }: SliderProps) {
  const id = useId();
  const at = (number: number) => ((number - min) / (max - min)) * 100;
  const origin = at(Math.min(Math.max(0, min), max));
  const [from, to] = [Math.min(origin, at(value)), Math.max(origin, at(value))];
  return (
    <div class="slider">
      <label for={id} class={labelUnseen ? 'unseen' : undefined}>
        {label}
      </label>
      <output for={id} class="number">
        {shown(value)}
      </output>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown(value)}
        style={{ '--from': `${from}%`, '--to': `${to}%` }}
        onInput={(event) => onValue(event.currentTarget.valueAsNumber)}
        onChange={(event) => onCommit?.(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

function plain(value: number): string {
  return String(Math.round(value * 100) / 100);
}
