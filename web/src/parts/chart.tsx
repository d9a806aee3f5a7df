import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { colour, theme } from '../theme/theme';
import './chart.css';

export interface Line {
  readonly name: string;
  /** A colour of tokens.css. */
  readonly colour: 'accent' | 'teal' | 'ink-soft' | 'line-strong';
  /** In the background: drawn thin, and not in the legend. */
  readonly faint?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly lines: readonly Line[];
  /** x, then one column for each line; grows in place. */
  readonly columns: readonly (readonly number[])[];
  /** Changes when the columns have grown. */
  readonly version: number;
  /** Ends of the y axis; fitted to the data if left out. */
  readonly range?: readonly [number, number];
  readonly shown: (value: number) => string;
}

const HEIGHT = 210;

/** Curves over training steps, with the values at the pointer, or else the newest, above them. */
export function Chart({ title, lines, columns, version, range, shown }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDListElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const write = (index: number | null) => writeLegend(legend.current, columns, index, shown);
    const made = new uPlot(options(element.clientWidth, lines, range, write), columns as uPlot.AlignedData, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme.value, columns]);
  useEffect(() => {
    plot.current?.setData(columns as uPlot.AlignedData);
    if (plot.current?.cursor.idx == null) writeLegend(legend.current, columns, null, shown);
  }, [version]);
  const points = columns[0]?.length ?? 0;
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <dl ref={legend}>
          {lines.map(
            (line, index) =>
              !line.faint && (
                <div key={line.name}>
                  <dt class={`line-${line.colour}`}>{line.name}</dt>
                  <dd class="number" data-column={index + 1} />
                </div>
              ),
          )}
        </dl>
      </figcaption>
      <div
        ref={host}
        class="chart-plot"
        role="img"
        aria-label={`${title} over ${points} training steps`}
        data-points={points}
      />
    </figure>
  );
}

function writeLegend(
  legend: HTMLElement | null,
  columns: ChartProps['columns'],
  index: number | null,
  shown: (value: number) => string,
): void {
  for (const cell of legend?.querySelectorAll('dd') ?? []) {
    const column = columns[Number(cell.dataset['column'])];
    const value = index === null ? column?.at(-1) : column?.[index];
    cell.textContent = value === undefined ? '–' : shown(value);
  }
}

function options(
  width: number,
  lines: readonly Line[],
  range: ChartProps['range'],
  write: (index: number | null) => void,
): uPlot.Options {
  const axis = {
    stroke: colour('ink-soft'),
    font: '12px "Geist Variable", system-ui',
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    padding: [10, 16, 4, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: range ? { range: [range[0], range[1]] } : {} },
    series: [{}, ...lines.map(series)],
    axes: [
      { ...axis, size: 30, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000] },
      { ...axis, size: 46 },
    ],
    hooks: { setCursor: [({ cursor }) => write(cursor.idx ?? null)] },
  };
}

function series({ colour: name, faint }: Line): uPlot.Series {
  return { stroke: colour(name), width: faint ? 1 : 2, points: { show: false }, alpha: faint ? 0.45 : 1 };
}
