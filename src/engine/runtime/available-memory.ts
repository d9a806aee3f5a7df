import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** Bytes that this process may still take, file caches that the system gives back at once included. */
export function availableBytes(): number {
  // macOS reports free pages alone, a small part of what it gives.
  if (process.platform === 'darwin') return Math.max(process.availableMemory(), totalmem() / 2);
  return process.availableMemory() + reclaimableBytes();
}

/** File cache that counts as used in a limited control group, and that the kernel drops before it runs out. */
function reclaimableBytes(): number {
  const limit = process.constrainedMemory();
  if (process.platform !== 'linux' || limit === 0 || limit >= totalmem()) return 0;
  try {
    const group = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '';
    const statistics = readFileSync(`/sys/fs/cgroup${group}/memory.stat`, 'utf8');
    return Number(/^inactive_file (\d+)$/m.exec(statistics)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
