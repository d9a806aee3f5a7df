import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';

const QUOTA_KB = 1024 * 1024;
/** Left when the disk is full: the file system refuses a quota below what is in use. */
const SLACK_KB = 64;

const command = (name: string, ...args: string[]) => spawnSync(name, args, { encoding: 'utf8' });

/**
 * A file system of its own for the database, whose size can be taken down to what is in use: a full disk, without
 * filling anything. Needs root; null where it cannot be mounted.
 */
export class Quota {
  private constructor(private readonly folder: string) {}

  static mount(folder: string): Quota | null {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const mounted = command('mount', '-t', 'tmpfs', '-o', `size=${QUOTA_KB}k,mode=755`, 'azimuth-chaos', folder);
    return mounted.status === 0 ? new Quota(folder) : null;
  }

  /** False if something was written just now; try again. */
  fill(): boolean {
    const { bsize, blocks, bfree } = statfsSync(this.folder);
    return this.resize(Math.ceil(((blocks - bfree) * bsize) / 1024) + SLACK_KB);
  }

  free(): void {
    if (!this.resize(QUOTA_KB)) throw new Error(`${this.folder}: the quota could not be lifted.`);
  }

  unmount(): void {
    if (command('umount', this.folder).status !== 0) command('umount', '-l', this.folder);
  }

  private resize(kb: number): boolean {
    return command('mount', '-o', `remount,size=${kb}k`, this.folder).status === 0;
  }
}
