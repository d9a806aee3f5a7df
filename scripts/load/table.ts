import type { Cell } from '../load.js';
import type { Round } from './fan-out.js';

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const total = (rounds: readonly Round[], of: (round: Round) => number) =>
  rounds.reduce((sum, round) => sum + of(round), 0);
const worst = (rounds: readonly Round[], of: (round: Round) => number) => Math.max(...rounds.map(of));

/** A line for each number of subscribers, in Markdown: medians of the rounds for processor time, the worst for delays. */
export function table(cells: readonly Cell[]): string {
  const head = [
    '| subscribers | deliveries | lost | twice | p50 | p99 | max | bare p99 | µs a delivery | bare ws | ratio |',
    '| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
  ];
  const lines = cells.map(({ azimuth, bare }) => {
    const [ours, theirs] = [azimuth, bare].map((rounds) => median(rounds.map((r) => r.microsecondsPerDelivery)));
    const counts = [
      azimuth[0]?.subscribers,
      total(azimuth, (r) => r.deliveries),
      total(azimuth, (r) => r.lost),
      total(azimuth, (r) => r.duplicates),
    ];
    const delays = [
      worst(azimuth, (r) => r.p50),
      worst(azimuth, (r) => r.p99),
      worst(azimuth, (r) => r.max),
      worst(bare, (r) => r.p99),
    ].map((ms) => `${ms} ms`);
    const cpu = [ours?.toFixed(1), theirs?.toFixed(1), `${((ours ?? 0) / (theirs ?? 1)).toFixed(2)}×`];
    return `| ${[...counts, ...delays, ...cpu].join(' | ')} |`;
  });
  return [...head, ...lines].join('\n');
}
