import { packageFile } from '../../src/package.js';
import { Contender, type Measured, median } from './contender.js';

export interface TrajectoryOptions {
  readonly python: string;
  readonly rounds: number;
  readonly batch: number;
  readonly process: 'SYMMETRIC' | 'ASYMMETRIC';
}

interface Side {
  readonly seconds: number;
  readonly peakMiB: number;
}

interface Row {
  readonly steps: number;
  readonly azimuth: Side;
  /** `null` where the Python given has no PyTorch. */
  readonly peer: Side | null;
  /** Azimuth over peer: below 1 Azimuth is faster, or smaller. */
  readonly timeRatio: number | null;
  readonly memoryRatio: number | null;
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
  const peer = format
    ? `PyTorch, ${format}, ${THREADS} threads`
    : `none, ${options.python} has no PyTorch (see --python)`;
  console.log(`peer: ${peer}; ${options.process}, batch ${options.batch}, medians of ${options.rounds}`);
  console.log('   T   azimuth    pytorch   ratio      azimuth     pytorch   ratio');
  const rows: Row[] = [];
  for (const steps of STEPS) {
    const row = await compare(steps, format, options);
    rows.push(row);
    console.log(lineOf(row));
  }
  const growth = (rows.at(-1)?.azimuth.peakMiB ?? 0) / (rows[0]?.azimuth.peakMiB ?? 1);
  console.log(`peak memory of Azimuth at T=${STEPS.at(-1)} over T=${STEPS[0]}: ${growth.toFixed(3)}`);
  return { rows, growth };
}

function lineOf({ steps, azimuth, peer, timeRatio, memoryRatio }: Row): string {
  const time = (side: Side | null) => (side ? `${side.seconds.toFixed(2)} s` : '–').padStart(11);
  const memory = (side: Side | null) => (side ? `${side.peakMiB.toFixed(0)} MiB` : '–').padStart(12);
  const ratio = (value: number | null) => (value?.toFixed(2) ?? '–').padStart(8);
  return `${String(steps).padStart(4)}${time(azimuth)}${time(peer)}${ratio(timeRatio)}${memory(azimuth)}${memory(peer)}${ratio(memoryRatio)}`;
}

/** Null where the Python given has no PyTorch. */
async function fasterFormat({ python, batch, process }: TrajectoryOptions): Promise<string | null> {
  const seconds: [string, number][] = [];
  for (const format of ['nchw', 'channels_last']) {
    const peer = await Contender.peer(python, MODEL, THREADS, 'cpu', format).catch(() => null);
    if (!peer) return null;
    const runs = [];
    for (let turn = 0; turn < 4; turn += 1)
      runs.push((await peer.run({ task: 'gradient', steps: 5, batch, process })).seconds);
    peer.stop();
    seconds.push([format, median(runs.slice(1))]);
  }
  return seconds.sort((a, b) => a[1] - b[1])[0]?.[0] ?? null;
}

async function compare(steps: number, format: string | null, options: TrajectoryOptions): Promise<Row> {
  const { python, rounds, batch, process } = options;
  const contenders = [await Contender.azimuth(MODEL, 'cpu')];
  if (format) contenders.push(await Contender.peer(python, MODEL, THREADS, 'cpu', format));
  const results = contenders.map((): Measured[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [side, contender] of contenders.entries()) {
      const measured = await contender.run({ task: 'gradient', steps, batch, process });
      // The first round warms up.
      if (round > 0) results[side]?.push(measured);
    }
  }
  for (const contender of contenders) contender.stop();
  const [azimuth, peer = null] = results.map(
    (side): Side => ({
      seconds: median(side.map(({ seconds }) => seconds)),
      peakMiB: (side.at(-1)?.peakBytes ?? 0) / MIB,
    }),
  );
  if (!azimuth) throw new Error('nothing was measured');
  return {
    steps,
    azimuth,
    peer,
    timeRatio: peer && azimuth.seconds / peer.seconds,
    memoryRatio: peer && azimuth.peakMiB / peer.peakMiB,
  };
}
