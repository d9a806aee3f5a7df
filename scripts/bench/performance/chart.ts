/** Points of one line, in the units of the axes. */
export interface Series {
  readonly label: string;
  readonly side: 'azimuth' | 'peer';
  readonly isDashed: boolean;
  readonly points: readonly (readonly [number, number])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  /** Whether y is logarithmic as x is, or starts at 0. */
  readonly isLogarithmic: boolean;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [760, 420];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 24, 96, 52];
const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #3b4252; } .title { font-size: 16px; font-weight: 600; fill: #1b2130; }
.page { fill: #fff; } .grid { stroke: #e2e6ee; } .line { fill: none; stroke-width: 2.5; } .dashed { stroke-dasharray: 7 5; }
.azimuth { stroke: #1565c0; } .peer { stroke: #d0521b; } .azimuth-dot { fill: #1565c0; } .peer-dot { fill: #d0521b; }
@media (prefers-color-scheme: dark) {
text { fill: #c3cad8; } .title { fill: #f1f4f9; } .page { fill: #12161f; } .grid { stroke: #2b3240; }
.azimuth { stroke: #6cb2ff; } .peer { stroke: #ff9b66; } .azimuth-dot { fill: #6cb2ff; } .peer-dot { fill: #ff9b66; }
}
</style>`;

/** Lines over a logarithmic x, as an SVG that brings its own background, a dark one where the reader's scheme is dark. */
export function lineChart({ title, xLabel, isLogarithmic, series }: ChartOptions): string {
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b);
  const ys = points.map(([, y]) => y);
  const x = logarithmic([xs[0] ?? 1, xs.at(-1) ?? 10], [LEFT, WIDTH - RIGHT]);
  const range: Range = [HEIGHT - BOTTOM, TOP];
  const largest = Math.max(...ys);
  const yTicks = isLogarithmic ? decades(Math.min(...ys), largest) : roundTicks(largest);
  const y = isLogarithmic
    ? logarithmic([yTicks[0] ?? 1, yTicks.at(-1) ?? 10], range)
    : linear([0, yTicks.at(-1) ?? 1], range);
  const body = [
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
    text(LEFT, 28, title, 'start', 'title'),
    ...series.map((one, at) => legend(one, at)),
    ...yTicks.map(
      (tick) => `${rule(LEFT, y(tick), WIDTH - RIGHT, y(tick))}${text(LEFT - 8, y(tick) + 4, String(tick), 'end')}`,
    ),
    ...xs.map(
      (tick) => `${rule(x(tick), TOP, x(tick), HEIGHT - BOTTOM)}${text(x(tick), HEIGHT - BOTTOM + 20, String(tick))}`,
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, xLabel),
    ...series.map((one) => drawn(one, x, y)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${title}">\n${STYLE}\n${body.join('\n')}\n</svg>\n`;
}

type Range = readonly [number, number];
type Scale = (value: number) => number;

function linear([low, high]: Range, [from, to]: Range): Scale {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

function logarithmic([low, high]: Range, range: Range): Scale {
  const scale = linear([Math.log(low), Math.log(high)], range);
  return (value) => scale(Math.log(value));
}

/** 1, 2 and 5 times powers of ten, from below `low` to above `high`. */
function decades(low: number, high: number): number[] {
  const exponents = Array.from({ length: 12 }, (_, at) => at - 6);
  const all = exponents.flatMap((exponent) =>
    [1, 2, 5].map((digit) => Number((digit * 10 ** exponent).toPrecision(1))),
  );
  const first = all.findLastIndex((tick) => tick <= low);
  const last = all.findIndex((tick) => tick >= high);
  return all.slice(first, last + 1);
}

/** Four to ten round numbers from 0 to above `high`. */
function roundTicks(high: number): number[] {
  const step = decades(high / 10, high).find((tick) => tick >= high / 6) ?? high;
  return Array.from({ length: Math.ceil(high / step) + 1 }, (_, at) => at * step);
}

function drawn({ side, isDashed, points }: Series, x: Scale, y: Scale): string {
  const places = points.map(([px, py]) => [x(px).toFixed(1), y(py).toFixed(1)] as const);
  const line = `<polyline class="line ${side}${isDashed ? ' dashed' : ''}" points="${places.map((place) => place.join()).join(' ')}"/>`;
  return line + places.map(([cx, cy]) => `<circle class="${side}-dot" cx="${cx}" cy="${cy}" r="4"/>`).join('');
}

/** Two a line. */
function legend({ label, side, isDashed }: Series, at: number): string {
  const [left, y] = [LEFT + (at % 2) * 200, 50 + 22 * Math.floor(at / 2)];
  const line = `<line class="line ${side}${isDashed ? ' dashed' : ''}" x1="${left}" y1="${y}" x2="${left + 28}" y2="${y}"/>`;
  return line + text(left + 36, y + 4, label, 'start');
}

function rule(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;
}

function text(x: number, y: number, content: string, anchor = 'middle', style = ''): string {
  const named = style ? ` class="${style}"` : '';
  return `<text${named} x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${content}</text>`;
}
