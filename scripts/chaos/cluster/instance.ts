import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { packageFile } from '../../../src/package.js';
import type { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';

const RESTART_MAX_MS = 800;
const STOP_GRACE_MS = 20_000;

export interface InstanceOptions {
  readonly name: string;
  /** Arguments of `main.js`. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly timeline: Timeline;
  readonly random: Random;
}

/** One server process, started again when it ends, as an init system would. */
export class Instance {
  /** Where it listens; null while it does not, or never. */
  port: number | null = null;
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(private readonly options: InstanceOptions) {
    this.start();
  }

  get name(): string {
    return this.options.name;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** SIGTERM. Resolves to whether it ended in time; if not, it was killed. */
  async stop(): Promise<boolean> {
    this.stopping = true;
    if (!this.child) return true;
    let inTime = true;
    const force = setTimeout(() => {
      inTime = false;
      this.child?.kill('SIGKILL');
    }, STOP_GRACE_MS);
    this.child.kill('SIGTERM');
    await this.exited;
    clearTimeout(force);
    return inTime;
  }

  private start(): void {
    const { name, args, env, logFile, timeline, random } = this.options;
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [packageFile('dist/src/main.js'), ...args], {
      env,
      stdio: ['ignore', 'pipe', log],
    });
    this.child = child;
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      const port = /listening on http:\/\/[^ ]*:(\d+)/.exec(line)?.[1];
      if (port && this.child === child) this.port = Number(port);
    });
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.child = null;
        this.port = null;
        resolve();
        if (this.stopping) return;
        if (signal !== 'SIGKILL') timeline.note(`${name} ended by itself (${signal ?? `code ${code}`})`);
        setTimeout(() => !this.stopping && this.start(), random.below(RESTART_MAX_MS));
      });
    });
  }
}
