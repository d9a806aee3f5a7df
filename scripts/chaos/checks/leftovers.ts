import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { processes } from '../../../test/helpers/processes.js';
import type { Check } from './check.js';

const LOOKS = 4;
const LOOK_MS = 1000;

/** Nothing is held on to: locks, transactions, jobs of runs that are over, engines without a supervisor. */
export const leftoversCheck: Check = async ({ cluster, violations }) => {
  const report = (text: string) => violations.report('leftovers', text, null);
  const supervisors = new Set(cluster.workers.map(({ pid }) => pid));
  const running = processes().filter(
    ({ pid, command }) => command.includes('worker-main') && isOf(pid, cluster.postgres.url),
  );
  for (const { pid, parent } of running) if (!supervisors.has(parent)) report(`engine ${pid} has no supervisor`);
  for (const lock of await lasting(() => cluster.postgres.query(LOCKS))) report(`a lock stays: ${lock}`);
  for (const open of await lasting(() => cluster.postgres.query(TRANSACTIONS))) report(`a transaction stays: ${open}`);
  for (const job of await lasting(() => cluster.postgres.query(JOBS))) report(`a job stays: ${job}`);
};

const LOCKS = `SELECT l.pid, l.objid, a.query FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE locktype = 'advisory' AND application_name LIKE 'azimuth%'`;
const TRANSACTIONS = `SELECT pid, query FROM pg_stat_activity
  WHERE state LIKE 'idle in transaction%' AND application_name LIKE 'azimuth%'`;
const JOBS = `SELECT j.name, j.id, j.state FROM pgboss.job j JOIN run r ON r.id = j.id
  WHERE j.state IN ('created', 'retry', 'active') AND r.status IN ('SUCCEEDED', 'FAILED', 'CANCELLED')`;

/** What is there each time that one looks. */
async function lasting(look: () => Promise<object[]>): Promise<string[]> {
  let found = (await look()).map((row) => JSON.stringify(row));
  for (let n = 1; n < LOOKS && found.length > 0; n += 1) {
    await setTimeout(LOOK_MS);
    const now = new Set((await look()).map((row) => JSON.stringify(row)));
    found = found.filter((row) => now.has(row));
  }
  return found;
}

/** Processes that belong to `folder`, by environment, command line or working directory. */
export function processesOf(folder: string): string[] {
  return processes()
    .filter(
      ({ pid, command }) => pid !== process.pid && (command.includes(folder) || isOf(pid, folder) || isIn(pid, folder)),
    )
    .map(({ pid, command }) => `${pid} ${command.slice(0, 120)}`);
}

function isOf(pid: number, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(text);
  } catch {
    return false;
  }
}

function isIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
}
