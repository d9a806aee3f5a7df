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
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round += 1) {
      const mine = (await azimuth.run(request)).seconds;
      const other = peer && (await secondsOrNull(peer, request));
      if (round === 0) continue;
      ours.push(mine);
      if (other !== null) theirs.push(other);
    }
    const row = { ...request, azimuthSeconds: median(ours), peerSeconds: theirs.length > 0 ? median(theirs) : null };
    rows.push(row);
    const ratio = row.peerSeconds === null ? '' : `  ${(row.azimuthSeconds / row.peerSeconds).toFixed(2)} of PyTorch's`;
    console.log(
      `${request.task.padEnd(9)} batch ${request.batch} ${request.process.padEnd(10)} ${(row.azimuthSeconds * 1000).toFixed(1)} ms${ratio}`,
    );
  }
  azimuth.stop();
  peer?.stop();
  return { rows };
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
