import { packageFile } from '../../src/package.js';
import { Contender, type Measured, median } from './contender.js';

export interface TrajectoryOptions {
  readonly python: string;
  readonly rounds: number;
  readonly batch: number;
  readonly process: 'SYMMETRIC' | 'ASYMMETRIC';
}

interface Row {
  readonly steps: number;
  readonly azimuthSeconds: number;
  readonly peerSeconds: number;
  /** Azimuth over peer: below 1 Azimuth is faster, or smaller. */
  readonly timeRatio: number;
  readonly azimuthPeakMiB: number;
  readonly peerPeakMiB: number;
  readonly memoryRatio: number;
}

const MODEL = packageFile('models/portraits-32');
const STEPS = [5, 10, 20, 40];
const THREADS = 2;
const MIB = 2 ** 20;

/**
 * One gradient through T sampling steps beside PyTorch's, every T in fresh processes so that peaks are its own, the two
 * taking turns. Both memory formats of the peer are tried, the faster one counts.
 */
export async function trajectory(options: TrajectoryOptions): Promise<{ rows: Row[]; growth: number }> {
  const format = await fasterFormat(options);
  console.log(
    `peer: PyTorch, ${format}, ${THREADS} threads; ${options.process}, batch ${options.batch}, medians of ${options.rounds}`,
  );
  console.log('   T   azimuth    pytorch   ratio      azimuth     pytorch   ratio');
  const rows: Row[] = [];
  for (const steps of STEPS) {
    const row = await compare(steps, format, options);
    rows.push(row);
    console.log(
      `${String(steps).padStart(4)}${row.azimuthSeconds.toFixed(2).padStart(8)} s${row.peerSeconds.toFixed(2).padStart(9)} s${row.timeRatio.toFixed(2).padStart(8)}` +
        `${row.azimuthPeakMiB.toFixed(0).padStart(9)} MiB${row.peerPeakMiB.toFixed(0).padStart(8)} MiB${row.memoryRatio.toFixed(2).padStart(8)}`,
    );
  }
  const growth = (rows.at(-1)?.azimuthPeakMiB ?? 0) / (rows[0]?.azimuthPeakMiB ?? 1);
  console.log(`peak memory of Azimuth at T=${STEPS.at(-1)} over T=${STEPS[0]}: ${growth.toFixed(3)}`);
  return { rows, growth };
}

async function fasterFormat({ python, batch, process }: TrajectoryOptions): Promise<string> {
  const seconds: [string, number][] = [];
  for (const format of ['nchw', 'channels_last']) {
    const peer = await Contender.peer(python, MODEL, THREADS, 'cpu', format);
    const runs = [];
    for (let turn = 0; turn < 4; turn += 1)
      runs.push((await peer.run({ task: 'gradient', steps: 5, batch, process })).seconds);
    peer.stop();
    seconds.push([format, median(runs.slice(1))]);
  }
  return seconds.sort((a, b) => a[1] - b[1])[0]?.[0] ?? 'nchw';
}

async function compare(
  steps: number,
  format: string,
  { python, rounds, batch, process }: TrajectoryOptions,
): Promise<Row> {
  const contenders = [
    await Contender.azimuth(MODEL, 'cpu'),
    await Contender.peer(python, MODEL, THREADS, 'cpu', format),
  ] as const;
  const results: [Measured[], Measured[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    for (const [side, contender] of contenders.entries()) {
      const measured = await contender.run({ task: 'gradient', steps, batch, process });
      // The first round warms up.
      if (round > 0) results[side]?.push(measured);
    }
  }
  for (const contender of contenders) contender.stop();
  const [azimuth, peer] = results;
  const seconds = (side: Measured[]) => median(side.map((measured) => measured.seconds));
  const peak = (side: Measured[]) => (side.at(-1)?.peakBytes ?? 0) / MIB;
  return {
    steps,
    azimuthSeconds: seconds(azimuth),
    peerSeconds: seconds(peer),
    timeRatio: seconds(azimuth) / seconds(peer),
    azimuthPeakMiB: peak(azimuth),
    peerPeakMiB: peak(peer),
    memoryRatio: peak(azimuth) / peak(peer),
  };
}
