import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageFile } from '../../src/package.js';
import { openDatabase } from '../../src/storage/index.js';
import { ApiClient } from './client.js';

/** Of the database, which believes anybody who reaches its socket. */
export const DATABASE_PASSWORD = 'the-password-of-the-database';

function withPassword(url: string): string {
  return url.replace('azimuth@', `azimuth:${DATABASE_PASSWORD}@`);
}

/** The compiled `azimuth api` as a process of its own on a PostgreSQL of its own, with what it wrote on either output. */
export class ApiProcess {
  readonly api: ApiClient;

  private constructor(
    readonly url: string,
    readonly pid: number,
    token: string | null,
    readonly databaseUrl: string,
    private readonly written: string[],
    private readonly exited: Promise<number | null>,
    private readonly cleanUp: () => Promise<void>,
  ) {
    this.api = new ApiClient(url, token);
  }

  static async start(env: Readonly<Record<string, string>>): Promise<ApiProcess> {
    const dataDir = mkdtempSync(join(tmpdir(), 'azimuth-hostile-'));
    const database = await openDatabase({ databaseUrl: null, dataDir });
    const own = { DATABASE_URL: withPassword(database.url), AZIMUTH_DATA: dataDir, PORT: '0', LOG_LEVEL: 'trace' };
    const child = spawn(process.execPath, [packageFile('dist/src/main.js'), 'api'], {
      env: { ...process.env, ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const written: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => written.push(line));
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        written.push(line);
        const address = /listening on (\S+)/.exec(line)?.[1];
        if (address) resolve(address);
      });
      void exited.then((code) => reject(new Error(`ended with ${code}: ${written.join('\n')}`)));
    });
    const token = env['AZIMUTH_TOKEN'] ?? null;
    return new ApiProcess(url, child.pid as number, token, database.url, written, exited, async () => {
      child.kill('SIGTERM');
      await exited;
      await database.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get log(): string {
    return this.written.join('\n');
  }

  /** Resident bytes now, and the most there ever were. */
  memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
    return { now: read('VmRSS'), peak: read('VmHWM') };
  }

  /** Throws unless it is the process that was started, and answers as if nothing had happened. */
  async requireWell(): Promise<void> {
    const ended = await Promise.race([this.exited.then((code) => `ended with ${code}`), Promise.resolve(null)]);
    if (ended) throw new Error(`${ended}: ${this.log}`);
    const signal = AbortSignal.timeout(10_000);
    const headers = { ...this.api.authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ query: '{ server { version } models { totalCount } }' });
    const response = await fetch(`${this.url}/graphql`, { method: 'POST', headers, body, signal });
    const { errors } = (await response.json()) as { errors?: unknown };
    if (!response.ok || errors) throw new Error(`not well: ${response.status} ${JSON.stringify(errors)}`);
  }

  close(): Promise<void> {
    return this.cleanUp();
  }
}
