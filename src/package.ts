import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: this file may run from src/ or compiled from dist/src/. */
function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`No package.json above ${fileURLToPath(import.meta.url)}.`);
  return findRoot(parent);
}

const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of a file that ships with the package. */
export function packageFile(path: string): string {
  return join(ROOT, path);
}

export function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  const isVersioned = typeof content === 'object' && content !== null && 'version' in content;
  return isVersioned ? String(content.version) : 'unknown';
}
