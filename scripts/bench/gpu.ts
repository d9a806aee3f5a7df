import type { WorkloadRequest } from '../../src/engine/index.js';
import { packageFile } from '../../src/package.js';
import { Contender, median } from './contender.js';

export interface GpuOptions {
  readonly python: string;
  readonly rounds: number;
  /** Whole-bench limit in seconds: what does not fit is left out, and said. */
  readonly limitSeconds: number;
  readonly device: string;
}

interface GpuRow extends WorkloadRequest {
  readonly azimuthSeconds: number;
  /** With weights and activations in float16, where the device computes in it. */
  readonly halfSeconds: number | null;
  readonly peerSeconds: number | null;
}

const MODEL = packageFile('models/portraits-32');
const MODE = { format: 'nchw', checkpoint: 'step', mode: 'eager' } as const;
const TASKS: readonly WorkloadRequest[] = [8, 64].flatMap((batch) =>
  (['SYMMETRIC', 'ASYMMETRIC'] as const).flatMap((process): WorkloadRequest[] => [
    { task: 'sample', steps: 10, batch, process },
    { task: 'vjp', steps: 10, batch, process },
    { task: 'gradient', steps: 10, batch, process },
    { task: 'training', steps: 10, batch, process },
  ]),
);

/** Sampling, VJP, trajectory gradient and training step on this machine's best device, beside the PyTorch found here. */
export async function gpu({ python, rounds, limitSeconds, device }: GpuOptions): Promise<{ rows: GpuRow[] }> {
  const deadline = Date.now() + limitSeconds * 1000;
  const azimuth = await Contender.azimuth(MODEL, device);
  const half = await Contender.azimuth(MODEL, device, undefined, { AZIMUTH_PRECISION: 'float16' }).catch(() => null);
  const peer = await peerOrNull(python);
  console.log(
    `azimuth on ${azimuth.about.device}; peer: ${peer ? `PyTorch ${peer.about.ready} on ${peer.about.device}` : 'none found'}`,
  );
  const rows: GpuRow[] = [];
  for (const request of TASKS) {
    if (Date.now() > deadline) {
      console.log(`out of time before ${JSON.stringify(request)}`);
      continue;
    }
    const [ours, halves, theirs]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round <= rounds; round += 1) {
      const mine = (await azimuth.run(request)).seconds;
      const rounded = half && (await secondsOrNull(half, request));
      const other = peer && (await secondsOrNull(peer, request));
      if (round === 0) continue;
      ours.push(mine);
      if (rounded !== null) halves.push(rounded);
      if (other !== null) theirs.push(other);
    }
    const medianOf = (seconds: readonly number[]) => (seconds.length > 0 ? median(seconds) : null);
    const row = {
      ...request,
      azimuthSeconds: median(ours),
      halfSeconds: medianOf(halves),
      peerSeconds: medianOf(theirs),
    };
    rows.push(row);
    console.log(lineOf(row));
  }
  azimuth.stop();
  half?.stop();
  peer?.stop();
  return { rows };
}

function lineOf({ task, batch, process, azimuthSeconds, halfSeconds, peerSeconds }: GpuRow): string {
  const milliseconds = (seconds: number) => `${(seconds * 1000).toFixed(1)} ms`;
  const half = halfSeconds === null ? '' : `  float16 ${milliseconds(halfSeconds)}`;
  const ratio = peerSeconds === null ? '' : `  ${(azimuthSeconds / peerSeconds).toFixed(2)} of PyTorch's`;
  return `${task.padEnd(9)} batch ${batch} ${process.padEnd(10)} ${milliseconds(azimuthSeconds)}${half}${ratio}`;
}

async function secondsOrNull(peer: Contender, request: WorkloadRequest): Promise<number | null> {
  try {
    return (await peer.run(request)).seconds;
  } catch (error) {
    console.log((error as Error).message);
    return null;
  }
}

/** CUDA where PyTorch has it, else its CPU. */
async function peerOrNull(python: string): Promise<Contender | null> {
  for (const device of ['cuda', 'cpu']) {
    const peer = await Contender.peer(python, MODEL, 2, device, MODE).catch(() => null);
    if (peer) return peer;
  }
  return null;
}
