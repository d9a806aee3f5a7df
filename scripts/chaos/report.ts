import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { packageFile } from '../../src/package.js';
import { DISTURBANCE_KINDS, isKill, KILL_KINDS } from './plan.js';
import type { ChaosResult } from './run.js';

/** The figures of a chaos run. */
export interface Summary {
  readonly seed: number;
  readonly seconds: number;
  /** Whether the model that ships was left out. */
  readonly isTiny: boolean;
  readonly processors: string;
  /** Of the machine, before anything was started: what else it had to do. */
  readonly loadBefore: number;
  readonly asked: number;
  readonly strikes: Readonly<Record<string, number>>;
  readonly recovery: Readonly<Record<string, { count: number; medianMs: number; p95Ms: number; maxMs: number }>>;
  readonly runs: Readonly<Record<string, number>>;
  readonly eventsDelivered: number;
  readonly sequences: number;
  readonly reconnections: number;
  readonly mutationsAcknowledged: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly hasQuota: boolean;
  readonly violations: readonly { readonly check: string; readonly text: string }[];
}

export function summaryOf({
  options,
  loadBefore,
  seconds,
  done,
  hasQuota,
  ledger,
  recoveries,
  violations,
}: ChaosResult): Summary {
  const { sequences, acknowledged, refusals } = ledger;
  const kinds = [...KILL_KINDS, ...DISTURBANCE_KINDS];
  return {
    seed: options.seed,
    isTiny: !options.hasPortraits,
    seconds,
    processors: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    loadBefore,
    asked: options.kills,
    strikes: Object.fromEntries(
      kinds.map((kind) => [kind, done.filter((one) => one === kind && (kind !== 'full' || hasQuota)).length]),
    ),
    recovery: Object.fromEntries(
      kinds.map((kind) => [kind, spread(recoveries.all.filter((one) => one.kind === kind).map(({ ms }) => ms))]),
    ),
    runs: count([...ledger.runs.values()].map(({ kind, status }) => `${kind} ${status}`)),
    eventsDelivered: sequences.reduce((sum, { events }) => sum + events.length, 0),
    sequences: sequences.length,
    reconnections: sequences.reduce((sum, one) => sum + one.reconnections, 0),
    mutationsAcknowledged: acknowledged.length,
    refusals: Object.fromEntries(refusals),
    hasQuota,
    violations: violations.all.map(({ check, text }) => ({ check, text })),
  };
}

export const killsOf = ({ strikes }: Summary): number =>
  Object.entries(strikes).reduce((sum, [kind, n]) => sum + (isKill(kind as 'api') ? n : 0), 0);

function spread(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { count: sorted.length, medianMs: at(0.5), p95Ms: at(0.95), maxMs: sorted.at(-1) ?? 0 };
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const WHAT: Readonly<Record<string, readonly [struck: string, back: string]>> = {
  api: ['API process killed', 'the node answers again'],
  worker: ['worker supervisor killed', 'its runs go on elsewhere'],
  engine: ['engine process killed', 'its runs go on'],
  postgres: ['PostgreSQL killed', 'a write is acknowledged'],
  cut: ['sockets cut', 'a write is acknowledged'],
  stall: ['worker stopped for 3 to 7 s', 'its runs go on elsewhere'],
  full: ['disk full for 2 to 4 s', 'a write is acknowledged'],
};

/** Tables in Markdown. */
export function tablesOf(summary: Summary): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const rows = Object.entries(summary.strikes).map(([kind, n]) => {
    const [struck, back] = WHAT[kind] ?? [kind, ''];
    const { count: measured = 0, medianMs = 0, p95Ms = 0, maxMs = 0 } = summary.recovery[kind] ?? {};
    const times = measured === 0 ? '– | – | –' : [medianMs, p95Ms, maxMs].map(seconds).join(' | ');
    return `| ${struck} | ${n} | ${back} | ${measured} | ${times} |`;
  });
  const inWords = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, n]) => `${n} ${name}`)
      .join(', ');
  return [
    '| what | times | back when | measured | median s | p95 s | max s |',
    '| --- | ---: | --- | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    '| | |',
    '| --- | --- |',
    `| kills | ${killsOf(summary)} of ${summary.asked} asked for, in ${Math.round(summary.seconds / 60)} min, seed ${summary.seed}${summary.isTiny ? ', `--tiny`' : ''} |`,
    `| runs | ${inWords(summary.runs)} |`,
    `| events delivered | ${summary.eventsDelivered} in ${summary.sequences} subscriptions, taken up again ${summary.reconnections} times |`,
    `| mutations acknowledged | ${summary.mutationsAcknowledged} |`,
    `| answers that made a client try again | ${inWords(summary.refusals) || 'none'} |`,
    `| violations | ${summary.violations.length} |`,
    `| machine | ${summary.processors}; load average ${summary.loadBefore.toFixed(1)} before the start |`,
    ...(summary.hasQuota ? [] : ['', 'The disk was not filled: that needs root, to mount a file system.']),
  ].join('\n');
}

const MARKS = ['<!-- chaos: begin -->', '<!-- chaos: end -->'] as const;

/** Puts the tables into docs/reliability.md. */
export function writeReport(summary: Summary): void {
  const file = packageFile('docs/reliability.md');
  const text = readFileSync(file, 'utf8');
  const [before = '', rest = ''] = text.split(MARKS[0]);
  const after = rest.split(MARKS[1])[1] ?? '';
  writeFileSync(file, `${before}${MARKS[0]}\n\n${tablesOf(summary)}\n\n${MARKS[1]}${after}`);
}
