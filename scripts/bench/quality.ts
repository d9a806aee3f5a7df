import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '../../src/engine/models/load-model.js';
import { openDevice } from '../../src/engine/runtime/device.js';
import { packageFile } from '../../src/package.js';
import { domainNamed } from '../domains/domains.js';
import { allCells, type Cell, cellKey, MODELS } from './quality/cells.js';
import { type ReadingQuality, readingQuality, regressorOf } from './quality/regressor.js';
import { writeReport } from './quality/report.js';
import type { CellResult } from './quality/result.js';

export interface QualityOptions {
  /** Cells to run, by `group: label, seed N`. */
  readonly only: RegExp;
  /** Cells run side by side, one thread each. */
  readonly workers: number;
  /** Write the report from the results there are, and run nothing. */
  readonly reportOnly: boolean;
}

/** Results, small and kept with the project; and what may be thrown away. */
const RESULTS = packageFile('docs/quality');
const CACHE = packageFile('.cache/quality');
const READINGS = join(RESULTS, 'regressors.json');

/**
 * Directions measured against known factors. Every cell is kept by the hash of what it is, so that a run that was stopped goes
 * on where it was, within a cell from its last checkpoint. docs/quality.md and its pictures are written after each cell.
 */
export async function quality({ only, workers, reportOnly }: QualityOptions): Promise<unknown> {
  mkdirSync(RESULTS, { recursive: true });
  const keyed = await keyedCells();
  const missing = () => keyed.filter(({ key }) => !existsSync(resultFile(key)));
  const wanted = onePerKey(missing().filter(({ cell }) => only.test(`${cell.group}: ${nameOf(cell)}`)));
  console.error(`${keyed.length} cells, ${missing().length} without a result, ${wanted.length} to run`);
  if (!reportOnly && wanted.length > 0) await prepare(new Set(wanted.map(({ cell }) => cell.domain)));
  const queue = reportOnly ? [] : wanted;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await runCell(next.cell, next.key);
    }),
  );
  const results = new Map(
    keyed.flatMap(({ cell, key }) => {
      if (!existsSync(resultFile(key))) return [];
      const measured = JSON.parse(readFileSync(resultFile(key), 'utf8')) as CellResult;
      return [[cell, { ...measured, ...cell }] as const];
    }),
  );
  return writeReport(results, readings(), RESULTS, CACHE);
}

/** Cells that are the same measurement share a key; it is made once. */
function onePerKey<Keyed extends { key: string }>(cells: readonly Keyed[]): Keyed[] {
  return [...new Map(cells.toReversed().map((cell) => [cell.key, cell])).values()].toReversed();
}

const nameOf = ({ label, config }: Cell) => `${label}, seed ${config.seed}`;

const resultFile = (key: string) => join(RESULTS, `${key}.json`);

async function keyedCells(): Promise<{ cell: Cell; key: string }[]> {
  const hashes = new Map<string, string>();
  for (const [domain, folder] of Object.entries(MODELS)) {
    if (existsSync(packageFile(folder))) hashes.set(domain, (await loadModel(packageFile(folder))).hash);
  }
  return allCells().flatMap((cell) => {
    const hash = hashes.get(cell.domain);
    return hash ? [{ cell, key: cellKey(cell, hash) }] : [];
  });
}

/** Trains the regressors before cells that need them run side by side, and says how well they read. */
async function prepare(domains: ReadonlySet<string>): Promise<void> {
  const device = await openDevice('cpu');
  for (const name of domains) {
    const domain = domainNamed(name);
    const regressor = await regressorOf(domain, CACHE, device);
    const quality = await readingQuality(domain, regressor);
    console.error(quality.map(({ factor, measure, value }) => `${factor} ${measure} ${value.toFixed(3)}`).join(', '));
    writeFileSync(READINGS, `${JSON.stringify({ ...readings(), [name]: quality }, null, 2)}\n`);
  }
}

function readings(): Record<string, ReadingQuality[]> {
  return existsSync(READINGS) ? (JSON.parse(readFileSync(READINGS, 'utf8')) as Record<string, ReadingQuality[]>) : {};
}

async function runCell(cell: Cell, key: string): Promise<void> {
  if (existsSync(resultFile(key))) return;
  console.error(`${cell.group}: ${nameOf(cell)} (${key})`);
  const script = packageFile('dist/scripts/bench/quality/cell-process.js');
  const args = [script, JSON.stringify(cell), key, CACHE, resultFile(key)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await exitOf(child);
  if (code !== 0) console.error(`${nameOf(cell)}: ended with ${code}`);
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}
