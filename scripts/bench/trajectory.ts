import { packageFile } from '../../src/package.js';
import { Contender, inTurns, type PeerMode, pyTorchVersion, type Side } from './contender.js';
import { choosePeer, modeName } from './performance/candidates.js';

export interface TrajectoryOptions {
  readonly python: string;
  readonly rounds: number;
  readonly batch: number;
  readonly process: 'SYMMETRIC' | 'ASYMMETRIC';
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

/**
 * One gradient through T sampling steps beside PyTorch's, every T in fresh processes so that peaks are its own, the two
 * taking turns. Of the ways to run the peer the fastest counts.
 */
export async function trajectory(options: TrajectoryOptions): Promise<{ rows: Row[]; growth: number }> {
  const { python, rounds, batch, process } = options;
  const request = { task: 'gradient', steps: 5, batch, process } as const;
  const mode = pyTorchVersion(python) ? (await choosePeer(python, MODEL, THREADS, request)).fastest : null;
  const peer = mode
    ? `PyTorch, ${modeName(mode)}, ${THREADS} threads`
    : `none, ${python} has no PyTorch (see --python)`;
  console.log(`peer: ${peer}; ${process}, batch ${batch}, medians of ${rounds}`);
  console.log('   T   azimuth    pytorch   ratio      azimuth     pytorch   ratio');
  const rows: Row[] = [];
  for (const steps of STEPS) {
    const row = await compare(steps, mode, options);
    rows.push(row);
    console.log(lineOf(row));
  }
  const growth = (rows.at(-1)?.azimuth.peakMiB ?? 0) / (rows[0]?.azimuth.peakMiB ?? 1);
  console.log(`peak memory of Azimuth at T=${STEPS.at(-1)} over T=${STEPS[0]}: ${growth.toFixed(3)}`);
  return { rows: rows, growth };
}

function lineOf({ steps, azimuth, peer, timeRatio, memoryRatio }: Row): string {
  const time = (side: Side | null) => (side ? `${side.seconds.toFixed(2)} s` : '–').padStart(11);
  const memory = (side: Side | null) => (side ? `${side.peakMiB.toFixed(0)} MiB` : '–').padStart(12);
  const ratio = (value: number | null) => (value?.toFixed(2) ?? '–').padStart(8);
  return `${String(steps).padStart(4)}${time(azimuth)}${time(peer)}${ratio(timeRatio)}${memory(azimuth)}${memory(peer)}${ratio(memoryRatio)}`;
}

async function compare(steps: number, mode: PeerMode | null, options: TrajectoryOptions): Promise<Row> {
  const { python, rounds, batch, process } = options;
  const contenders = [await Contender.azimuth(MODEL, 'cpu', THREADS)];
  if (mode) contenders.push(await Contender.peer(python, MODEL, THREADS, 'cpu', mode));
  const [azimuth, peer = null] = await inTurns(contenders, { task: 'gradient', steps, batch, process }, rounds);
  for (const contender of contenders) contender.stop();
  if (!azimuth || azimuth instanceof Error) throw azimuth;
  if (peer instanceof Error) throw peer;
  return {
    steps,
    azimuth,
    peer,
    timeRatio: peer && azimuth.seconds / peer.seconds,
    memoryRatio: peer && azimuth.peakMiB / peer.peakMiB,
  };
}
