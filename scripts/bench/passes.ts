import { PASSES, type Pass } from '../../src/engine/passes.js';
import { packageFile } from '../../src/package.js';
import { Contender, inTurns, type Side } from './contender.js';
import { fillPage } from './page.js';
import type { Cell } from './performance/grid.js';
import { ModelFolders } from './performance/models.js';

type Shown = Omit<Cell, 'name'>;

/** What shows best what a pass gains. */
const SHOWN_BY: Readonly<Record<Pass, Shown>> = {
  'sub-pixel': { model: 'portraits', task: 'vjp', steps: 1, batch: 8, process: 'SYMMETRIC' },
  'channel-blocks': { model: 'portraits', task: 'vjp', steps: 1, batch: 8, process: 'SYMMETRIC' },
  winograd: { model: '64', task: 'vjp', steps: 1, batch: 8, process: 'SYMMETRIC' },
  'shared-skips': { model: '64', task: 'vjp', steps: 1, batch: 8, process: 'ASYMMETRIC' },
  'open-extents': { model: '64', task: 'vjp', steps: 1, batch: 8, process: 'SYMMETRIC' },
  'in-place': { model: '64', task: 'vjp', steps: 1, batch: 8, process: 'SYMMETRIC' },
  'shared-weights': { model: '64', task: 'gradient', steps: 2, batch: 8, process: 'SYMMETRIC' },
  'step-checkpoints': { model: 'celebahq-256', task: 'vjp', steps: 1, batch: 1, process: 'SYMMETRIC' },
  lanes: { model: 'portraits', task: 'gradient', steps: 5, batch: 8, process: 'SYMMETRIC' },
};
const THREADS = 2;

/** The engine with a pass, and without it. */
export interface PassFigures {
  readonly pass: Pass;
  readonly shownBy: Shown;
  readonly applied: Side;
  readonly left: Side;
}

export interface PassOptions {
  readonly rounds: number;
  readonly only: RegExp;
  /** Whether to write the table of docs/performance.md. */
  readonly report: boolean;
}

/** Time and memory of each pass against the engine without it, in turns. */
export async function passes({ rounds, only, report }: PassOptions): Promise<PassFigures[]> {
  const names = (Object.keys(PASSES) as Pass[]).filter((name) => only.test(name));
  if (report && names.length < Object.keys(PASSES).length)
    throw new Error('--report writes the table of all passes: leave --only out');
  const models = new ModelFolders();
  const figures: PassFigures[] = [];
  try {
    for (const pass of names) {
      const measured = await measure(pass, models, rounds);
      figures.push(measured);
      console.log(lineOf(measured));
    }
  } finally {
    models.remove();
  }
  if (report) fillPage(packageFile('docs/performance.md'), { passes: tableOf(figures) });
  return figures;
}

async function measure(pass: Pass, models: ModelFolders, rounds: number): Promise<PassFigures> {
  const { model, ...request } = SHOWN_BY[pass];
  const folder = models.folderOf(model);
  const contenders = [
    await Contender.azimuth(folder, 'cpu', THREADS),
    await Contender.azimuth(folder, 'cpu', THREADS, { AZIMUTH_WITHOUT: pass }),
  ];
  try {
    const sides = await inTurns(contenders, request, rounds);
    const failed = sides.find((side) => side instanceof Error);
    if (failed) throw failed;
    const [applied, left] = sides as [Side, Side];
    return { pass, shownBy: SHOWN_BY[pass], applied, left };
  } finally {
    for (const contender of contenders) contender.stop();
  }
}

function cellsOf({ pass, shownBy, applied, left }: PassFigures): readonly string[] {
  const steps = shownBy.task === 'vjp' ? '' : `, T = ${shownBy.steps}`;
  const change = (from: number, to: number, unit: string) =>
    `${from.toFixed(0)} → ${to.toFixed(0)} ${unit} (${(to / from).toFixed(2)})`;
  return [
    pass,
    PASSES[pass],
    `${shownBy.model}, ${shownBy.task}${steps}, batch ${shownBy.batch}`,
    change(1000 * left.seconds, 1000 * applied.seconds, 'ms'),
    change(left.peakMiB, applied.peakMiB, 'MiB'),
  ];
}

function lineOf(figures: PassFigures): string {
  const [pass, , shownBy, time, memory] = cellsOf(figures);
  return `${pass} (${shownBy}): ${time}, ${memory}`;
}

function tableOf(figures: readonly PassFigures[]): string {
  const rows = figures.map((one) => `| ${cellsOf(one).join(' | ')} |`);
  return ['| pass | what it does | shown by | time | peak memory |', '| --- | --- | --- | --: | --: |', ...rows].join(
    '\n',
  );
}
