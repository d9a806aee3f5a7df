import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { WorkloadRequest } from '../../src/engine/index.js';
import { packageFile } from '../../src/package.js';

export interface Measured {
  readonly seconds: number;
  /** Peak resident set (or GPU allocation) of the process so far. */
  readonly peakBytes: number;
}

/** A process that answers one JSON request a line. */
export class Contender {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    /** Runtime and device as the process reported them. */
    readonly about: { readonly ready: string; readonly device: string },
  ) {}

  private static async start(name: string, command: string, args: readonly string[]): Promise<Contender> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (first.done) throw new Error(`${name}: ended before it was ready`);
    return new Contender(name, child, lines, JSON.parse(first.value));
  }

  static azimuth(model: string, device: string): Promise<Contender> {
    const script = packageFile('dist/scripts/bench/engine-process.js');
    return Contender.start('azimuth', process.execPath, [script, model, device]);
  }

  static peer(python: string, model: string, threads: number, device: string, format: string): Promise<Contender> {
    const args = [packageFile('scripts/bench/peer.py'), model, String(threads), device, format];
    return Contender.start(`pytorch ${format}`, python, args);
  }

  async run(request: WorkloadRequest): Promise<Measured> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = await this.lines.next();
    if (answer.done) throw new Error(`${this.name}: ended during ${JSON.stringify(request)}`);
    return JSON.parse(answer.value) as Measured;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
