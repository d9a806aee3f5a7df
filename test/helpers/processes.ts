import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Every process of the machine, from /proc; zombies are over. */
export function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(name), parent: Number(parent), command }];
      } catch {
        return [];
      }
    });
}

/** Processes whose command line contains `text`. */
export function processesWith(text: string): Process[] {
  return processes().filter(({ command }) => command.includes(text));
}

/** The worker of a server. */
export function workerOf(serverPid: number): number {
  const found = processes().find(({ parent, command }) => parent === serverPid && command.includes('worker-main'));
  if (!found) throw new Error(`server ${serverPid} has no worker`);
  return found.pid;
}

export function isAlive(pid: number): boolean {
  return processes().some((process) => process.pid === pid);
}
