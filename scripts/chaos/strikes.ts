import { setTimeout } from 'node:timers/promises';
import { globalId } from '../../src/resolvers/ids.js';
import type { Random } from '../support/random.js';
import { QUERIES } from './client/operations.js';
import { type Cluster, engineOf, workerIdOf } from './cluster/cluster.js';
import type { Instance } from './cluster/instance.js';
import type { Ledger } from './ledger.js';
import type { ActionKind } from './plan.js';
import type { Recoveries } from './recovery.js';
import type { Timeline } from './timeline.js';

const STALL_MS = { min: 3000, more: 4000 };
const FULL_MS = { min: 2000, more: 2000 };
const VICTIM_PATIENCE_MS = 120_000;

export interface StrikeParts {
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly recoveries: Recoveries;
  readonly timeline: Timeline;
  readonly random: Random;
  /** Whether a write through the front succeeds. */
  readonly probe: () => Promise<boolean>;
}

type Strike = (parts: StrikeParts) => Promise<boolean>;

/** What can go wrong. Each gives false where it finds nothing to strike just now. */
const STRIKES: Readonly<Record<ActionKind, Strike>> = {
  api: killApi,
  worker: killWorker,
  engine: killEngine,
  postgres: killPostgres,
  cut: cutSockets,
  stall: stallWorker,
  full: fillDisk,
};

/** Strikes as soon as there is something to strike; false if there was nothing for a long while. */
export async function strike(kind: ActionKind, parts: StrikeParts): Promise<boolean> {
  const deadline = Date.now() + VICTIM_PATIENCE_MS;
  while (!(await STRIKES[kind](parts))) {
    if (Date.now() > deadline) return false;
    await setTimeout(100);
  }
  return true;
}

async function killApi({ cluster, recoveries, timeline, random }: StrikeParts): Promise<boolean> {
  const listening = cluster.apis.filter(({ port }) => port !== null);
  if (listening.length === 0) return false;
  const node = random.pick(listening);
  const { pid } = node;
  process.kill(pid as number, 'SIGKILL');
  timeline.note(`SIGKILL ${node.name} (${pid})`);
  recoveries.measure('api', node.name, () => node.pid !== pid && node.port !== null && answers(node.port));
  return true;
}

async function answers(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: QUERIES.server }),
    signal: AbortSignal.timeout(2000),
  }).catch(() => null);
  return answer?.ok ?? false;
}

/** Workers whose engine process is up. */
function working({ workers }: Cluster): { worker: Instance; enginePid: number }[] {
  return workers.flatMap((worker) => {
    const enginePid = engineOf(worker);
    return enginePid === null ? [] : [{ worker, enginePid }];
  });
}

function killWorker(parts: StrikeParts): Promise<boolean> {
  return strikeWorker(parts, 'worker', ({ worker }) => [worker.pid as number]);
}

function killEngine(parts: StrikeParts): Promise<boolean> {
  return strikeWorker(parts, 'engine', ({ enginePid }) => [enginePid]);
}

async function strikeWorker(
  parts: StrikeParts,
  kind: 'worker' | 'engine',
  victims: (one: { worker: Instance; enginePid: number }) => readonly number[],
): Promise<boolean> {
  const all = working(parts.cluster);
  if (all.length === 0) return false;
  const one = parts.random.pick(all);
  const held = await heldBy(parts, one.enginePid);
  for (const pid of victims(one)) signal(pid, 'SIGKILL');
  const what = `${kind} of ${one.worker.name} (${victims(one).join(' ')})`;
  parts.timeline.note(`SIGKILL ${what}, which had ${held.length} runs`);
  if (held.length > 0) parts.recoveries.measure(kind, what, goOn(parts.ledger, held));
  return true;
}

/** A run as the database has it: its global id and the number of its latest event. */
interface Held {
  readonly id: string;
  readonly seq: number;
}

/** Runs that clients know of and this worker has. One may end before the strike falls: its end is an event past `seq`. */
async function heldBy({ cluster, ledger }: StrikeParts, enginePid: number): Promise<Held[]> {
  const workerId = workerIdOf(enginePid);
  if (workerId === null) return [];
  const held = "SELECT id, kind, last_seq AS seq FROM run WHERE worker_id = $1 AND status = 'RUNNING'";
  type Row = { id: string; kind: string; seq: number };
  const rows = await cluster.postgres.query<Row>(held, [workerId]).catch(() => []);
  return rows
    .map(({ id, kind, seq }) => ({ id: globalId(kind === 'edit' ? 'Edit' : 'Discovery', id), seq }))
    .filter(({ id }) => ledger.runs.has(id));
}

/** Whether clients have seen each of them taken up again, or ended. */
function goOn(ledger: Ledger, held: readonly Held[]): () => boolean {
  return () => held.every(({ id, seq }) => ledger.hasGoneOn(id, seq));
}

async function killPostgres({ cluster, recoveries, timeline, random, probe }: StrikeParts): Promise<boolean> {
  const isWhole = random.below(2) === 0;
  const struck = isWhole ? cluster.postgres.killAll() : cluster.postgres.killBackend();
  if (!struck) return false;
  const what = isWhole ? 'PostgreSQL, all of it' : 'a PostgreSQL backend';
  timeline.note(`SIGKILL ${what}`);
  recoveries.measure('postgres', what, probe);
  return true;
}

async function cutSockets({ cluster, recoveries, timeline, random, probe }: StrikeParts): Promise<boolean> {
  const all = random.below(2) === 0;
  timeline.note(`cut ${cluster.front.cut(() => all || random.below(2) === 0)} sockets`);
  recoveries.measure('cut', 'sockets', probe);
  return true;
}

/** Supervisor and engine stand still while others take their runs, and then go on as if nothing had been. */
async function stallWorker(parts: StrikeParts): Promise<boolean> {
  const { cluster, recoveries, timeline, random, ledger } = parts;
  const all = working(cluster);
  if (all.length === 0) return false;
  const { worker, enginePid } = random.pick(all);
  const held = await heldBy(parts, enginePid);
  const pids = [worker.pid as number, enginePid];
  const forMs = STALL_MS.min + random.below(STALL_MS.more);
  for (const pid of pids) signal(pid, 'SIGSTOP');
  timeline.note(`SIGSTOP ${worker.name} (${pids.join(' ')}) for ${forMs} ms, which had ${held.length} runs`);
  if (held.length > 0) recoveries.measure('stall', `runs of ${worker.name}`, goOn(ledger, held));
  void setTimeout(forMs).then(() => {
    for (const pid of pids) signal(pid, 'SIGCONT');
    timeline.note(`SIGCONT ${worker.name}`);
  });
  return true;
}

async function fillDisk({ cluster, recoveries, timeline, random, probe }: StrikeParts): Promise<boolean> {
  const { quota } = cluster;
  if (!quota) return true;
  if (!quota.fill()) return false;
  timeline.note('the disk is full');
  await setTimeout(FULL_MS.min + random.below(FULL_MS.more));
  quota.free();
  timeline.note('there is room again');
  recoveries.measure('full', 'the database with room', probe);
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}
