import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { packageFile } from '../../src/package.js';
import { parseGlobalId } from '../../src/resolvers/ids.js';

/** A process of `azimuth api` or `azimuth worker`, with a data folder of its own, as on a host of its own. */
interface Node {
  readonly process: ChildProcess;
  /** Its line on standard output. */
  readonly says: string;
}

/** Nodes of both kinds on one PostgreSQL, as on as many hosts. */
export class Fleet {
  /** Of the API nodes. */
  readonly urls: string[] = [];
  readonly pool: pg.Pool;
  private readonly nodes: Node[] = [];
  private readonly folders: string[] = [];

  private constructor(private readonly databaseUrl: string) {
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    this.pool.on('error', () => {});
  }

  static async start(
    databaseUrl: string,
    { apis, workers }: { readonly apis: number; readonly workers: number },
    env: NodeJS.ProcessEnv = {},
  ): Promise<Fleet> {
    const fleet = new Fleet(databaseUrl);
    const fronts = Array.from({ length: apis }, () => fleet.launch('api', env));
    const hosts = Array.from({ length: workers }, () => fleet.launch('worker', env));
    for (const { says } of await Promise.all(fronts)) fleet.urls.push(says.split(' ').at(-1) ?? '');
    await Promise.all(hosts);
    await fleet.until(async () => (await fleet.workerIds()).length === workers);
    return fleet;
  }

  private async launch(role: 'api' | 'worker', own: NodeJS.ProcessEnv): Promise<Node> {
    const folder = mkdtempSync(join(tmpdir(), `azimuth-${role}-`));
    this.folders.push(folder);
    const env = { AZIMUTH_DATA: folder, DATABASE_URL: this.databaseUrl, PORT: '0', AZIMUTH_DEVICE: 'cpu' };
    const child = spawn(process.execPath, [packageFile('dist/src/main.js'), role], {
      env: { ...process.env, ...env, LOG_LEVEL: 'fatal', ...own },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const says = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`azimuth ${role} ended with code ${code}`)));
    });
    const node = { process: child, says };
    this.nodes.push(node);
    return node;
  }

  async addHost(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const before = await this.workerIds();
    await this.launch('worker', env);
    await this.until(async () => (await this.workerIds()).some((id) => !before.includes(id)));
  }

  /** Ids of the workers that are alive. */
  async workerIds(): Promise<string[]> {
    const { rows } = await this.pool.query("SELECT id FROM worker WHERE seen_at > now() - interval '2 s'");
    return rows.map(({ id }) => id);
  }

  /** The worker that has a run, by the run's id in the API; null while none has it. */
  async holderOf(id: string): Promise<string | null> {
    const { rows } = await this.pool.query('SELECT worker_id FROM run WHERE id = $1', [parseGlobalId(id)?.rowId]);
    return rows[0]?.worker_id ?? null;
  }

  /** Process id of a worker; its parent is its host's supervisor. */
  pidOf(workerId: string): number {
    const found = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && read(pid, 'environ').includes(workerId));
    if (!found) throw new Error(`worker ${workerId} has no process`);
    return Number(found);
  }

  /** As power failure does: a worker and its host's supervisor are gone in the same moment. */
  loseHost(workerId: string): void {
    const pid = this.pidOf(workerId);
    const stat = read(String(pid), 'stat');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    process.kill(parent, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ process: child }) => ended(child)));
    await this.pool.end();
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** A file of a process, empty where the process is gone. */
function read(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
