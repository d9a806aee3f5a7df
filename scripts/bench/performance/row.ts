import type { WorkloadRequest } from '../../../src/engine/index.js';
import { Contender, inTurns, type PeerMode, type Side } from '../contender.js';
import { type Candidate, type Choice, choosePeer, measuredAlone, modeName } from './candidates.js';
import type { Cell } from './grid.js';
import type { ModelFolders } from './models.js';

/** What one row measured. */
export interface Row extends Cell {
  /** Floating-point operations of one run, in 10⁹. */
  readonly gflop: number;
  /** 10⁹ of them a second. */
  readonly gflops: number;
  readonly azimuth: Side;
  readonly peer: Peer | null;
  /** Why there is no peer, where there should be one. */
  readonly peerError: string | null;
  /** The sampling step compiled, or why it could not be; `null` if nobody asked. */
  readonly compiled: Side | string | null;
}

/** Ratios are Azimuth's over PyTorch's: below 1 Azimuth is faster, or smaller. */
export interface Peer extends Side {
  readonly mode: string;
  readonly candidates: readonly (Omit<Candidate, 'mode'> & { readonly mode: string })[];
  /** The candidate of the least memory, where that is another one. */
  readonly leanest: (Pick<Side, 'peakMiB' | 'idleMiB'> & { readonly mode: string }) | null;
  readonly timeRatio: number;
  readonly memoryRatio: number;
  /** Of the peaks above the idle processes. */
  readonly aboveIdleRatio: number;
}

export interface RowOptions {
  /** `null`: Azimuth alone. */
  readonly python: string | null;
  readonly rounds: number;
  /** Of each side. */
  readonly threads: number;
  /** Whether a compiled peer is measured as well. */
  readonly compile: boolean;
}

/** The machine's speed changes by a third within minutes, and what a process holds still grows in its first runs. */
export const MORE_ROUNDS = { seconds: 90, most: 15 };

/** Measures rows, each with processes of its own so that peaks are. */
export class Rows {
  private readonly choices = new Map<string, Promise<Choice | Error>>();

  constructor(
    private readonly models: ModelFolders,
    private readonly options: RowOptions,
  ) {}

  /** Throws where Azimuth fails; where PyTorch does, the row says so. */
  async measure(cell: Cell): Promise<Row> {
    const choice = await this.choice(cell);
    const chosen = choice instanceof Error ? null : choice;
    const { gflop, sides } = await this.compete(cell, chosen);
    const [azimuth, peer = null, compiled = null] = sides;
    if (!azimuth || azimuth instanceof Error) throw azimuth;
    const failure = [choice, peer].find((one) => one instanceof Error) ?? null;
    return {
      ...cell,
      gflop,
      gflops: gflop / azimuth.seconds,
      azimuth,
      peer: peer && chosen && !failure ? peerOf(azimuth, peer as Side, chosen, await this.leanest(cell, chosen)) : null,
      peerError: failure && (failure as Error).message,
      compiled: compiled instanceof Error ? compiled.message : compiled,
    };
  }

  /** Azimuth, PyTorch in its fastest mode and, where asked for, compiled. */
  private async compete(cell: Cell, choice: Choice | null): Promise<{ gflop: number; sides: (Side | Error)[] }> {
    const { python, rounds, threads, compile } = this.options;
    const folder = this.models.folderOf(cell.model);
    const modes: PeerMode[] = choice ? [choice.fastest] : [];
    if (choice && compile) modes.push({ format: choice.fastest.format, checkpoint: 'step', mode: 'compile' });
    const azimuth = await Contender.azimuth(folder, 'cpu', threads);
    const contenders = [azimuth];
    try {
      for (const mode of modes) contenders.push(await Contender.peer(python ?? '', folder, threads, 'cpu', mode));
      const sides = await inTurns(contenders, requestOf(cell), rounds, MORE_ROUNDS);
      return { gflop: (await azimuth.flop(requestOf(cell))) / 1e9, sides };
    } finally {
      for (const contender of contenders) contender.stop();
    }
  }

  /** Made once for each model, task, batch and process: T makes no difference. `null` where there is no PyTorch. */
  private async choice(cell: Cell): Promise<Choice | Error | null> {
    const { python, threads } = this.options;
    if (python === null) return null;
    const request = requestOf({ ...cell, task: cell.task === 'unedited' ? 'sample' : cell.task });
    const key = [cell.model, request.task, cell.batch, cell.process].join();
    const folder = this.models.folderOf(cell.model);
    const choice = this.choices.get(key) ?? choosePeer(python, folder, threads, request).catch((error: Error) => error);
    this.choices.set(key, choice);
    return choice;
  }

  /** The peak of the candidate of the least memory at the row's own T. */
  private async leanest(cell: Cell, { fastest, leanest }: Choice): Promise<Peer['leanest']> {
    const { python, threads } = this.options;
    if (python === null || modeName(fastest) === modeName(leanest)) return null;
    const folder = this.models.folderOf(cell.model);
    const { peakMiB, idleMiB } = await measuredAlone(python, folder, threads, leanest, requestOf(cell), 1);
    return { mode: modeName(leanest), peakMiB, idleMiB };
  }
}

function requestOf({ task, steps, batch, process }: Cell): WorkloadRequest {
  return { task, steps, batch, process };
}

function peerOf(azimuth: Side, peer: Side, choice: Choice, leanest: Peer['leanest']): Peer {
  const aboveIdle = ({ peakMiB, idleMiB }: Side) => peakMiB - idleMiB;
  return {
    ...peer,
    mode: modeName(choice.fastest),
    candidates: choice.candidates.map((candidate) => ({ ...candidate, mode: modeName(candidate.mode) })),
    leanest,
    timeRatio: azimuth.seconds / peer.seconds,
    memoryRatio: azimuth.peakMiB / peer.peakMiB,
    aboveIdleRatio: aboveIdle(azimuth) / aboveIdle(peer),
  };
}
