import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { AccessError } from './errors.js';

/**
 * FORBIDDEN unless `path`, absolute, lies in one of `roots` once every symbolic link on the way is followed. What is not there is judged
 * by the folder that would hold it.
 */
export async function requireBelow(roots: readonly string[], argument: string, path: string): Promise<void> {
  const real = await realPath(path);
  for (const root of roots) if (isBelow(await realPath(root), real)) return;
  throw AccessError.because(
    `${argument}: ${path} is in none of the folders that may be read. AZIMUTH_MODEL_ROOTS names them; whoever runs this server can add one.`,
  );
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPath(parent), basename(path));
  }
}
