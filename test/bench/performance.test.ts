import { describe, expect, it } from 'vitest';
import { lineChart } from '../../scripts/bench/performance/chart.js';
import { assertSame, type Figures, withRow } from '../../scripts/bench/performance/figures.js';
import { cells } from '../../scripts/bench/performance/grid.js';
import { machineOf } from '../../scripts/bench/performance/machine.js';
import type { Row } from '../../scripts/bench/performance/row.js';
import { summaryTable, timeTable } from '../../scripts/bench/performance/tables.js';

const [first, second] = cells() as [Row, Row];
const side = (seconds: number) => ({ seconds, runs: [seconds], peakMiB: 300, idleMiB: 100 });

function row(cell: Pick<Row, keyof ReturnType<typeof cells>[number]>, timeRatio: number): Row {
  const peer = {
    ...side(1),
    mode: 'nchw',
    candidates: [],
    leanest: null,
    timeRatio,
    memoryRatio: 1,
    aboveIdleRatio: 1,
  };
  return { ...cell, gflop: 5, gflops: 5 / timeRatio, azimuth: side(timeRatio), peer, peerError: null, compiled: null };
}

const empty: Figures = { machine: machineOf('2.0', 2), peakGflops: 50, rounds: 5, rows: [] };

describe('the figures of the performance suite', () => {
  it('have a name for every row', () => {
    expect(new Set(cells().map(({ name }) => name)).size).toBe(cells().length);
  });

  it('hold a row once, as it was measured last, in the order of the grid', () => {
    const figures = [row(second, 0.5), row(first, 0.6), row(second, 0.7)].reduce(withRow, empty);
    expect(figures.rows.map(({ name, azimuth }) => [name, azimuth.seconds])).toEqual([
      [first.name, 0.6],
      [second.name, 0.7],
    ]);
  });

  it('refuse those of another version or number of rounds', () => {
    const { machine, rounds } = empty;
    assertSame(null, machine, rounds);
    assertSame(JSON.parse(JSON.stringify(empty)), machine, rounds);
    expect(() => assertSame(empty, { ...machine, pytorch: null }, rounds)).toThrow('figures.json');
    expect(() => assertSame(empty, machine, 1)).toThrow('figures.json');
  });

  it('are summed up by geometric means', () => {
    const rows = [row(first, 0.5), row(second, 2)];
    expect(summaryTable(rows)).toContain('| 2 | 1.00 (0.50–2.00) |');
    expect(timeTable({ ...empty, rows }, 'portraits')).toContain('| 500 ms | 1.00 s | 0.50 | nchw | – | 10.0 | 20 % |');
  });

  it('are drawn within the picture', () => {
    const points = [
      [5, 0.3],
      [100, 7],
    ] as const;
    const series = [{ label: 'Azimuth', side: 'azimuth', isDashed: false, points } as const];
    const svg = lineChart({ title: 't', xLabel: 'T', isLogarithmic: true, series });
    expect(svg).toMatch(/<circle class="azimuth-dot" cx="64.0"/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});
