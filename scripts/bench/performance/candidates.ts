import type { WorkloadRequest } from '../../../src/engine/index.js';
import { Contender, inTurns, type PeerMode } from '../contender.js';

/** A way to run PyTorch, as it was measured to choose one. */
export interface Candidate {
  readonly mode: PeerMode;
  readonly seconds: number;
  readonly peakMiB: number;
}

/** Of the ways to run PyTorch the one that takes the least time, which counts, and the one that takes the least memory. */
export interface Choice {
  readonly fastest: PeerMode;
  readonly leanest: PeerMode;
  readonly candidates: readonly Candidate[];
}

/** Sampling steps that candidates are measured with: more cost proportionally more, and no memory. */
const STEPS = 2;
const ROUNDS = 3;
/** They differ by less than a machine's speed does from one minute to the next. */
const MORE_ROUNDS = { seconds: 30, most: 15 };

export function modeName({ format, checkpoint }: PeerMode): string {
  return checkpoint === 'block' ? `${format}, by block` : format;
}

/** Both layouts; where there is a gradient, both with checkpoints by step and by block too. */
function modesOf(task: WorkloadRequest['task']): PeerMode[] {
  const checkpoints = task === 'unedited' || task === 'sample' ? (['step'] as const) : (['step', 'block'] as const);
  return (['nchw', 'channels_last'] as const).flatMap((format) =>
    checkpoints.map((checkpoint): PeerMode => ({ format, checkpoint, mode: 'eager' })),
  );
}

/** Measures the candidates in turns, each in a process of its own. Throws where none can do what is asked. */
export async function choosePeer(
  python: string,
  model: string,
  threads: number,
  request: WorkloadRequest,
): Promise<Choice> {
  const brief = { ...request, steps: Math.min(STEPS, request.steps) };
  const modes = modesOf(request.task);
  const contenders: Contender[] = [];
  const candidates: Candidate[] = [];
  let failure: unknown = null;
  try {
    for (const mode of modes) contenders.push(await Contender.peer(python, model, threads, 'cpu', mode));
    const sides = await inTurns(contenders, brief, ROUNDS, MORE_ROUNDS);
    for (const [at, side] of sides.entries()) {
      if (side instanceof Error) failure = side;
      else candidates.push({ mode: modes[at] as PeerMode, seconds: side.seconds, peakMiB: side.peakMiB });
    }
  } finally {
    for (const contender of contenders) contender.stop();
  }
  const by = (key: 'seconds' | 'peakMiB') => [...candidates].sort((a, b) => a[key] - b[key])[0];
  const [fastest, leanest] = [by('seconds'), by('peakMiB')];
  if (!fastest || !leanest) throw failure;
  return { fastest: fastest.mode, leanest: leanest.mode, candidates };
}

/** One way to run PyTorch in a process that ends afterwards. */
export async function measuredAlone(
  python: string,
  model: string,
  threads: number,
  mode: PeerMode,
  request: WorkloadRequest,
  rounds: number,
) {
  const peer = await Contender.peer(python, model, threads, 'cpu', mode);
  try {
    const [side] = await inTurns([peer], request, rounds);
    if (!side || side instanceof Error) throw side;
    return side;
  } finally {
    peer.stop();
  }
}
