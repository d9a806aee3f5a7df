import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { WorkloadRequest } from '../../src/engine/index.js';
import { SESSION_PROCESS } from '../../src/jobs/session-process.js';
import { packageFile } from '../../src/package.js';

export interface Measured {
  readonly seconds: number;
  /** Peak resident set (or GPU allocation) of the process so far. */
  readonly peakBytes: number;
}

/** What a process says of itself, runtime and model loaded and nothing run. */
export interface About {
  readonly ready: string;
  readonly device: string;
  /** Resident set (or GPU allocation) now. */
  readonly idleBytes: number;
}

/** Of PyTorch: how it lays out images, what it keeps for the backward pass, and whether a step is compiled. */
export interface PeerMode {
  readonly format: 'nchw' | 'channels_last';
  readonly checkpoint: 'step' | 'block';
  readonly mode: 'eager' | 'compile';
}

/** A process that answers one JSON request a line. */
export class Contender {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    readonly about: About,
  ) {}

  private static async start(
    name: string,
    command: string,
    args: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Contender> {
    const env = { ...variables, ...process.env };
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (first.done) throw new Error(`${name}: ended before it was ready`);
    return new Contender(name, child, lines, JSON.parse(first.value) as About);
  }

  /** Started as a worker is; all threads of the machine where `threads` is left out. */
  static azimuth(
    model: string,
    device: string,
    threads?: number,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Contender> {
    const script = packageFile('dist/scripts/bench/engine-process.js');
    const count = threads === undefined ? [] : [String(threads)];
    const args = [...SESSION_PROCESS.execArgv, script, model, device, ...count];
    return Contender.start('azimuth', process.execPath, args, { ...SESSION_PROCESS.env, ...variables });
  }

  static peer(
    python: string,
    model: string,
    threads: number,
    device: string,
    { format, checkpoint, mode }: PeerMode,
  ): Promise<Contender> {
    const args = [packageFile('scripts/bench/peer.py'), model, String(threads), device, format, checkpoint, mode];
    return Contender.start(`pytorch ${format} ${checkpoint} ${mode}`, python, args);
  }

  run(request: WorkloadRequest): Promise<Measured> {
    return this.ask<Measured>(request);
  }

  /** Floating-point operations of one run, as Azimuth's own graphs have them. */
  async flop(request: WorkloadRequest): Promise<number> {
    return (await this.ask<{ flop: number }>({ flop: request })).flop;
  }

  private async ask<Answer>(question: unknown): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error(`${this.name}: ended during ${JSON.stringify(question)}`);
    const answer = JSON.parse(line.value) as Answer & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

/** The version of PyTorch that a Python has, or null. */
export function pyTorchVersion(python: string): string | null {
  const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** Of one contender over all rounds. */
export interface Side {
  /** Median of {@link runs}. */
  readonly seconds: number;
  /** Seconds of each round. */
  readonly runs: readonly number[];
  readonly peakMiB: number;
  /** Before the first run. */
  readonly idleMiB: number;
}

export const MIB = 2 ** 20;

/** More rounds than were asked for, while they have taken less than `seconds`: where runs are short, they cost little. */
export interface MoreRounds {
  readonly seconds: number;
  readonly most: number;
}

/**
 * The contenders taking turns at one request, a warm-up round and `rounds` that count, or more. Who fails once is left out from
 * then on, and has the error in its place.
 */
export async function inTurns(
  contenders: readonly Contender[],
  request: WorkloadRequest,
  rounds: number,
  { seconds, most }: MoreRounds = { seconds: 0, most: rounds },
): Promise<(Side | Error)[]> {
  const measured = contenders.map((): Measured[] => []);
  const errors = new Map<number, Error>();
  const end = performance.now() + 1000 * seconds;
  for (let round = 0; round <= rounds || (round <= most && performance.now() < end); round += 1) {
    for (const [at, contender] of contenders.entries()) {
      if (errors.has(at)) continue;
      try {
        measured[at]?.push(await contender.run(request));
      } catch (error) {
        errors.set(at, error as Error);
      }
    }
  }
  return contenders.map(({ about }, at) => errors.get(at) ?? sideOf(measured[at] ?? [], about));
}

function sideOf([, ...counted]: readonly Measured[], { idleBytes }: About): Side {
  const runs = counted.map(({ seconds }) => seconds);
  const peakBytes = counted.at(-1)?.peakBytes ?? 0;
  return { seconds: median(runs), runs, peakMiB: peakBytes / MIB, idleMiB: idleBytes / MIB };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
