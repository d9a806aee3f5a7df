import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile } from '../../../src/package.js';
import { fillPage } from '../page.js';
import { lineChart, type Series } from './chart.js';
import type { Figures } from './figures.js';
import type { ModelName } from './grid.js';
import { MORE_ROUNDS, type Row } from './row.js';
import { memoryTable, summaryTable, timeTable } from './tables.js';

const PAGE = packageFile('docs/performance.md');
const IMAGES = packageFile('docs/images');
const MODELS: readonly ModelName[] = ['portraits', '64', 'celebahq-256'];
/** Batch of the charts. */
const BATCH = 8;

/** Fills the marked places of docs/performance.md with tables, and draws its charts. */
export function writeReport(figures: Figures): void {
  fillPage(PAGE, {
    machine: machineText(figures),
    summary: summaryTable(figures.rows),
    charts: charts(figures.rows),
    ...Object.fromEntries(MODELS.map((model) => [model, modelTables(figures, model)])),
  });
}

function modelTables(figures: Figures, model: ModelName): string {
  if (!figures.rows.some((row) => row.model === model)) return 'Not measured yet.';
  return `${timeTable(figures, model)}\n\n${memoryTable(figures, model)}`;
}

function machineText({ machine, peakGflops, rounds }: Figures): string {
  const { processor, cores, memoryGiB, system, node, onnxruntime, pytorch, threads } = machine;
  const peer = pytorch ? `PyTorch ${pytorch}` : 'no PyTorch';
  return `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}; Node ${node}, onnxruntime-node ${onnxruntime}, ${peer}; ${threads} threads for each side, medians of ${rounds} rounds, of up to ${MORE_ROUNDS.most} where they take less than ${MORE_ROUNDS.seconds} seconds. A product of two 2048×2048 matrices runs at ${peakGflops.toFixed(0)} GFLOP/s on the engine: the peak that GFLOP/s are compared with.`;
}

/** Draws the trajectory gradient over T; the links to the charts. */
function charts(rows: readonly Row[]): string {
  const seconds = seriesOf(rows, ({ seconds }) => seconds);
  if (!seconds.some(({ points }) => points.length > 1)) return 'Not measured yet.';
  mkdirSync(IMAGES, { recursive: true });
  const chart = (file: string, title: string, isLogarithmic: boolean, series: Series[]) => {
    const options = { title, xLabel: 'sampling steps T', isLogarithmic, series };
    writeFileSync(join(IMAGES, file), lineChart(options));
    return `![${title}](images/${file})`;
  };
  const subject = `trajectory gradient, portraits-32, batch ${BATCH}`;
  return [
    chart('performance-time.svg', `Seconds: ${subject}`, true, seconds),
    chart(
      'performance-memory.svg',
      `Peak memory, MiB: ${subject}`,
      false,
      seriesOf(rows, ({ peakMiB }) => peakMiB),
    ),
  ].join('\n');
}

function seriesOf(rows: readonly Row[], value: (side: Row['azimuth']) => number): Series[] {
  return (['azimuth', 'peer'] as const).flatMap((side) =>
    (['SYMMETRIC', 'ASYMMETRIC'] as const).map((process) => ({
      label: `${side === 'azimuth' ? 'Azimuth' : 'PyTorch'}, ${process.toLowerCase()}`,
      side,
      isDashed: process === 'ASYMMETRIC',
      points: rows
        .filter((row) => row.model === 'portraits' && row.task === 'gradient')
        .filter((row) => row.batch === BATCH && row.process === process)
        .flatMap((row) => {
          const measured = row[side];
          return measured ? [[row.steps, value(measured)] as const] : [];
        }),
    })),
  );
}
