import { Button } from '../parts/button';
import type { CurvePoint } from './recipe';

export interface CurveProps {
  readonly name: string;
  /** Empty: weight 1 throughout. */
  readonly curve: readonly CurvePoint[];
  onPreview(curve: readonly CurvePoint[]): void;
  onCommit(curve: readonly CurvePoint[]): void;
}

const TIMES = [0, 0.25, 0.5, 0.75, 1];

/** By what a part of the steps decides: early ones shape and layout, late ones texture and colour. */
const PRESETS: readonly { readonly label: string; readonly weights: readonly number[] }[] = [
  { label: 'Throughout', weights: [] },
  { label: 'Early', weights: [1, 1, 0.5, 0, 0] },
  { label: 'Middle', weights: [0, 1, 1, 1, 0] },
  { label: 'Late', weights: [0, 0, 0.5, 1, 1] },
];

const curveOf = (weights: readonly number[]) => weights.map((weight, at) => ({ t: TIMES[at] ?? 1, weight }));

/** How much of the strength acts at which steps: five handles from the noisiest to the last. */
export function Curve({ name, curve, onPreview, onCommit }: CurveProps) {
  const weights = TIMES.map((t) => weightAt(curve, t));
  const key = JSON.stringify(curve);
  const changed = (at: number, weight: number) =>
    curveOf(weights.map((other, index) => (index === at ? weight : other)));
  const line = weights.map((weight, at) => `${at * 25},${(1 - Math.min(1, Math.max(0, weight))) * 40}`).join(' ');
  return (
    <fieldset class="curve">
      <legend class="unseen">Curve of {name}</legend>
      <div class="row curve-presets">
        {PRESETS.map((preset) => (
          <Button
            key={preset.label}
            size="small"
            look="plain"
            aria-pressed={JSON.stringify(curveOf(preset.weights)) === key}
            onClick={() => onCommit(curveOf(preset.weights))}
          >
            {preset.label}
          </Button>
        ))}
      </div>
      <div class="curve-plot">
        <svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
          <polygon points={`0,40 ${line} 100,40`} />
          <polyline points={line} />
        </svg>
        <div class="curve-handles">
          {TIMES.map((t, at) => (
            <input
              key={t}
              type="range"
              min={0}
              max={1}
              step={0.05}
              value={weights[at]}
              aria-label={`Weight of ${name} at ${Math.round(t * 100)} % of the steps`}
              onInput={(event) => onPreview(changed(at, event.currentTarget.valueAsNumber))}
              onChange={(event) => onCommit(changed(at, event.currentTarget.valueAsNumber))}
            />
          ))}
        </div>
      </div>
      <p class="curve-axis small soft">
        <span>noise</span>
        <span>image</span>
      </p>
    </fieldset>
  );
}

/** Linear between points, clamped outside, as the server takes it. */
export function weightAt(curve: readonly CurvePoint[], t: number): number {
  const first = curve[0];
  if (!first) return 1;
  const next = curve.findIndex((point) => point.t >= t);
  if (next === 0) return first.weight;
  const to = curve[next];
  if (!to) return curve.at(-1)?.weight ?? 1;
  const from = curve[next - 1] ?? first;
  return from.weight + ((t - from.t) / (to.t - from.t)) * (to.weight - from.weight);
}
