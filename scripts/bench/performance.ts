import { pyTorchVersion } from './contender.js';
import { assertSame, type Figures, savedFigures, saveFigures, withRow } from './performance/figures.js';
import { cells } from './performance/grid.js';
import { machineOf, peakGflops } from './performance/machine.js';
import { ModelFolders } from './performance/models.js';
import { writeReport } from './performance/report.js';
import { Rows } from './performance/row.js';
import { lineOf } from './performance/tables.js';

export interface PerformanceOptions {
  readonly python: string;
  readonly rounds: number;
  /** Rows to measure, by name. */
  readonly only: RegExp;
  /** Whether to measure PyTorch's compiler as well. */
  readonly compile: boolean;
  /** Whether to keep the rows beside those there are, and to write docs/performance.md after each. */
  readonly report: boolean;
}

const THREADS = 2;

/** Time, memory and GFLOP/s of the engine's tasks beside PyTorch's best; rows that fail are said and left out. */
export async function performanceSuite({
  python,
  rounds,
  only,
  compile,
  report,
}: PerformanceOptions): Promise<Figures> {
  const wanted = cells().filter(({ name }) => only.test(name));
  const pytorch = pyTorchVersion(python);
  const machine = machineOf(pytorch, THREADS);
  const saved = report ? savedFigures() : null;
  if (wanted.length === 0 && saved) {
    writeReport(saved);
    return saved;
  }
  assertSame(saved, machine, rounds);
  console.log(
    pytorch ? `peer: PyTorch ${pytorch}` : `${python} has no PyTorch (see --python): Azimuth is measured alone`,
  );
  const peak = await peakGflops(THREADS);
  console.log(`${machine.processor}: ${peak.toFixed(0)} GFLOP/s at a product of matrices; ${wanted.length} rows`);
  let figures: Figures = {
    machine,
    rounds,
    peakGflops: Math.max(peak, saved?.peakGflops ?? 0),
    rows: saved?.rows ?? [],
  };
  const models = new ModelFolders();
  try {
    const rows = new Rows(models, { python: pytorch ? python : null, rounds, threads: THREADS, compile });
    for (const cell of wanted) {
      const row = await rows.measure(cell).catch((error: Error) => error);
      if (row instanceof Error) {
        console.error(`${cell.name}: ${row.message}`);
        continue;
      }
      console.log(lineOf(row));
      figures = withRow(figures, row);
      if (!report) continue;
      saveFigures(figures);
      writeReport(figures);
    }
  } finally {
    models.remove();
  }
  return figures;
}
