import type { Side } from '../contender.js';
import type { Figures } from './figures.js';
import type { ModelName, Task } from './grid.js';
import type { Row } from './row.js';

const TASKS: Readonly<Record<Task, string>> = {
  unedited: 'sampling, unedited',
  sample: 'sampling, edited',
  vjp: 'VJP of one step',
  gradient: 'trajectory gradient',
  training: 'training step',
};
const NONE = '–';

/** Geometric means of the ratios of each task, with the lowest and the highest. */
export function summaryTable(rows: readonly Row[]): string {
  const lines = Object.entries(TASKS).flatMap(([task, title]) => {
    const peers = rows.filter((row) => row.task === task).flatMap(({ peer }) => peer ?? []);
    if (peers.length === 0) return [];
    const of = (pick: (peer: (typeof peers)[number]) => number) => spread(peers.map(pick));
    const ratios = [of((p) => p.timeRatio), of((p) => p.memoryRatio), of((p) => p.aboveIdleRatio)];
    return [`| ${title} | ${peers.length} | ${ratios.join(' | ')} |`];
  });
  if (lines.length === 0) return 'No figures beside PyTorch yet.';
  const head = '| Azimuth over PyTorch | rows | time | peak memory | above idle |';
  return [head, '| --- | --: | --: | --: | --: |', ...lines].join('\n');
}

function spread(ratios: readonly number[]): string {
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return `${mean.toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
}

/** Seconds of both sides, and what Azimuth's are worth. */
export function timeTable({ rows, peakGflops }: Figures, model: ModelName): string {
  const head = '| | process | T | batch | Azimuth | PyTorch | ratio | its mode | compiled | GFLOP/s | of the peak |';
  return table(rows, model, head, ({ azimuth, peer, peerError, compiled, gflops }) => [
    time(azimuth),
    peer ? time(peer) : (peerError ?? NONE),
    ratio(peer?.timeRatio),
    peer?.mode ?? NONE,
    typeof compiled === 'string' ? `failed: ${compiled}` : compiled ? time(compiled) : NONE,
    gflops.toFixed(1),
    gflops / peakGflops >= 0.005 ? `${((100 * gflops) / peakGflops).toFixed(0)} %` : NONE,
  ]);
}

/** Peaks of both sides, in brackets above an idle process. */
export function memoryTable({ rows }: Figures, model: ModelName): string {
  const head =
    '| | process | T | batch | Azimuth, peak | PyTorch, peak | ratio | above idle | leanest PyTorch | its mode |';
  return table(rows, model, head, ({ azimuth, peer }) => [
    peak(azimuth),
    peer ? peak(peer) : NONE,
    ratio(peer?.memoryRatio),
    ratio(peer?.aboveIdleRatio),
    peer?.leanest ? peak(peer.leanest) : NONE,
    peer?.leanest?.mode ?? NONE,
  ]);
}

function table(all: readonly Row[], model: ModelName, head: string, columns: (row: Row) => string[]): string {
  const rows = all.filter((row) => row.model === model);
  const rule = head.replace(/[^|]+/g, ' --: ').replace('--:', '---').replace('--:', '---');
  const lines = rows.map((row) => `| ${[...nameColumns(row), ...columns(row)].join(' | ')} |`);
  return [head, rule, ...lines].join('\n');
}

function nameColumns({ task, process, steps, batch }: Row): string[] {
  const T = task === 'vjp' ? NONE : String(steps);
  return [TASKS[task], task === 'unedited' ? NONE : process.toLowerCase(), T, String(batch)];
}

function time({ seconds }: Pick<Side, 'seconds'>): string {
  return seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(2)} s`;
}

function peak({ peakMiB, idleMiB }: Pick<Side, 'peakMiB' | 'idleMiB'>): string {
  return `${peakMiB.toFixed(0)} (${(peakMiB - idleMiB).toFixed(0)})`;
}

function ratio(value: number | undefined): string {
  return value?.toFixed(2) ?? NONE;
}

/** One row on a terminal. */
export function lineOf({ name, azimuth, peer, peerError, compiled, gflops }: Row): string {
  const compiledTime = compiled && typeof compiled !== 'string' ? `, compiled ${time(compiled)}` : '';
  const beside = peer
    ? `PyTorch ${time(peer)} (${peer.mode}${compiledTime}), ratio ${ratio(peer.timeRatio)}; peak ${peak(azimuth)} and ${peak(peer)} MiB, ratio ${ratio(peer.memoryRatio)} (${ratio(peer.aboveIdleRatio)})`
    : `${peerError ?? 'no PyTorch'}; peak ${peak(azimuth)} MiB`;
  return `${name}: ${time(azimuth)}, ${gflops.toFixed(1)} GFLOP/s; ${beside}`;
}
