import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COVERING_CORRELATION, COVERING_SHARE, mainFactor } from '../../../src/engine/quality/disentanglement.js';
import { packageFile } from '../../../src/package.js';
import { domainNamed } from '../../domains/domains.js';
import { fillPage } from '../page.js';
import type { Cell, Group } from './cells.js';
import { heatMap } from './heat-map.js';
import type { ReadingQuality } from './regressor.js';
import type { CellResult, Distances } from './result.js';

const PAGE = packageFile('docs/quality.md');

/** Means over the seeds of one label, with the lowest and the highest where there are several. */
interface Row {
  readonly label: string;
  readonly seeds: number;
  readonly accuracy: string;
  readonly disentanglement: string;
  readonly completeness: string;
  readonly gap: string;
  readonly covered: string;
  readonly faithful: string;
  readonly secondsPerStep: string;
}

/** Fills the marked places of docs/quality.md with tables, and draws its pictures; gives the tables' numbers. */
export async function writeReport(
  results: ReadonlyMap<Cell, CellResult>,
  readings: Readonly<Record<string, readonly ReadingQuality[]>>,
  folder: string,
  cache: string,
): Promise<Record<Group, Row[]>> {
  const measured = [...results.values()];
  const rows = (group: Group) => {
    const labels = new Set(measured.filter((result) => result.group === group).map(({ label }) => label));
    return [...labels].map((label) =>
      rowOf(
        label,
        measured.filter((r) => r.group === group && r.label === label),
      ),
    );
  };
  const groups: Record<Group, Row[]> = {
    methods: rows('methods'),
    directions: rows('directions'),
    gradient: rows('gradient'),
    'second model': rows('second model'),
    ablation: rows('ablation'),
  };
  fillPage(PAGE, {
    readings: readingTable(readings),
    methods: table([...groups.methods, ...groups.directions]),
    gradient: table([...groups.methods.filter(({ label }) => label === 'LEARNED'), ...groups.gradient]),
    'second model': table(groups['second model']),
    ablation: table(groups.ablation),
    covered: coveredTable(measured),
  });
  for (const [name, group] of [
    ['portraits', 'methods'],
    ['shapes', 'second model'],
  ] as const) {
    const shown = measured.find((r) => r.group === group && r.label === 'LEARNED' && r.config.seed === 0);
    if (shown) await pictures(name, shown, folder, cache);
  }
  return groups;
}

async function pictures(name: string, result: CellResult, folder: string, cache: string): Promise<void> {
  const strips = join(cache, `strips-${result.key}.png`);
  if (existsSync(strips)) copyFileSync(strips, join(folder, `directions-${name}.png`));
  const factors = domainNamed(result.domain).factors.map((factor) => factor.name);
  writeFileSync(join(folder, `effects-${name}.png`), await heatMap(result.effects, result.correlation, factors));
}

function rowOf(label: string, results: readonly CellResult[]): Row {
  const of = (pick: (result: CellResult) => number, digits = 2) => spread(results.map(pick), digits);
  return {
    label,
    seeds: results.length,
    accuracy: of(({ accuracy }) => accuracy),
    disentanglement: of(({ disentanglement }) => disentanglement, 3),
    completeness: of(({ completeness }) => completeness),
    gap: of(({ gap }) => gap),
    covered: of(({ covered }) => covered.length, 1),
    faithful: of(({ config, ...result }) => faithfulDirections({ config, ...result }).length / config.directions),
    secondsPerStep: of(({ secondsPerStep }) => secondsPerStep, 1),
  };
}

/**
 * Directions that move a factor by a standard deviation at strength −3 or 3 and stay within twice the split-half Fréchet
 * distance at both.
 */
function faithfulDirections({ fidelity, atEnds, effects }: CellResult): number[] {
  const limit = 2 * fidelity.splitHalf.frechet;
  const within = (distances: Distances | undefined) => (distances?.frechet ?? Infinity) <= limit;
  return effects.flatMap((row, k) => {
    const { factor } = mainFactor(row);
    const moves = Math.max(Math.abs(atEnds.lowest[k]?.[factor] ?? 0), Math.abs(atEnds.highest[k]?.[factor] ?? 0));
    return moves >= 1 && within(fidelity.lowest[k]) && within(fidelity.highest[k]) ? [k] : [];
  });
}

function spread(values: readonly number[], digits: number): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return mean.toFixed(digits);
  return `${mean.toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return 'Not measured yet.';
  const head = '| | seeds | accuracy | DCI disentanglement | completeness | gap | covered | faithful | s a step |';
  const line = (row: Row) =>
    `| ${row.label} | ${row.seeds} | ${row.accuracy} | ${row.disentanglement} | ${row.completeness} | ${row.gap} | ${row.covered} | ${row.faithful} | ${row.secondsPerStep} |`;
  return [head, '| --- | --: | --: | --: | --: | --: | --: | --: | --: |', ...rows.map(line)].join('\n');
}

/** For each factor, the direction that spends most of its effect there. */
function coveredTable(results: readonly CellResult[]): string {
  const shown = results.filter(
    ({ group, label }) => group !== 'ablation' && group !== 'gradient' && label.startsWith('LEARNED'),
  );
  if (shown.length === 0) return 'Not measured yet.';
  const blocks = (['portraits', 'shapes'] as const).flatMap((domain) => {
    const own = shown.filter((result) => result.domain === domain);
    if (own.length === 0) return [];
    const factors = domainNamed(domain).factors.map(({ name }) => name);
    const head = `| ${domain} | ${own.map(({ label, config }) => `${label}, seed ${config.seed}`).join(' | ')} |`;
    const rule = `| --- |${' --: |'.repeat(own.length)}`;
    const lines = factors.map((name, f) => `| ${name} | ${own.map((result) => bestShare(result, f)).join(' | ')} |`);
    return [[head, rule, ...lines].join('\n')];
  });
  const legend = `Largest share of its effect that a direction spends on the factor (bold: at least ${COVERING_SHARE}, with |ρ| ≥ ${COVERING_CORRELATION}), and its effect in standard deviations per unit strength.`;
  return [legend, ...blocks].join('\n\n');
}

function bestShare({ effects, covered }: CellResult, factor: number): string {
  const candidates = effects.map((row) => {
    const total = row.reduce((sum, value) => sum + Math.abs(value), 0);
    return { share: total === 0 ? 0 : Math.abs(row[factor] ?? 0) / total, effect: Math.abs(row[factor] ?? 0) };
  });
  const best = candidates.reduce((a, b) => (b.share > a.share ? b : a));
  const text = `${best.share.toFixed(2)} (${best.effect.toFixed(2)})`;
  return covered.includes(factor) ? `**${text}**` : text;
}

function readingTable(readings: Readonly<Record<string, readonly ReadingQuality[]>>): string {
  const lines = Object.entries(readings).flatMap(([domain, factors]) =>
    factors.map(
      ({ factor, measure, value, perfectEdit }) =>
        `| ${domain} | ${factor} | ${measure} ${value.toFixed(3)} | ${perfectEdit.toFixed(2)} |`,
    ),
  );
  const head = '| domain | factor | read from 2,000 fresh scenes | distance of a perfect edit over split-half |';
  return [head, '| --- | --- | --: | --: |', ...lines].join('\n');
}
