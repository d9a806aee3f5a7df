import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { packageFile } from '../../../src/package.js';
import { cells } from './grid.js';
import type { Machine } from './machine.js';
import type { Row } from './row.js';

/** What the suite measured. */
export interface Figures {
  readonly machine: Machine;
  /** GFLOP/s of a product of two square matrices there. */
  readonly peakGflops: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
}

const FILE = packageFile('docs/performance/figures.json');
const DIGITS = 5;

export function savedFigures(): Figures | null {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Figures) : null;
}

/** Throws if the saved figures are of another machine, or of other versions, than those to come. */
export function assertSame(saved: Figures | null, machine: Machine, rounds: number): void {
  const [before, now] = [
    { ...saved?.machine, rounds: saved?.rounds },
    { ...machine, rounds },
  ].map((one) => JSON.stringify(one));
  if (saved && before !== now)
    throw new Error(`${FILE} has figures of ${before}, this is ${now}. Move it away to measure anew.`);
}

/** The figures with one more row, in the place of its old one; rows come in the order of the grid. */
export function withRow(figures: Figures, row: Row): Figures {
  const rows = new Map([...figures.rows, row].map((one) => [one.name, one]));
  const inOrder = cells().flatMap(({ name }) => rows.get(name) ?? []);
  return { ...figures, rows: inOrder };
}

export function saveFigures(figures: Figures): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(`${FILE}.part`, `${JSON.stringify(figures, rounded, 1)}\n`);
  renameSync(`${FILE}.part`, FILE);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value;
}
