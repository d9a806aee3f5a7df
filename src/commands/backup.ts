import { resolve } from 'node:path';
import { backup, restore } from '../backup/index.js';
import { readEnvironment } from '../environment.js';
import { SettingError } from '../roles.js';
import { openDatabase } from '../storage/index.js';

export const BACKUP_USAGE = `Usage: azimuth backup FILE     writes the whole database to FILE, while servers and workers go on
       azimuth restore FILE    puts it into an empty database

DATABASE_URL or AZIMUTH_DATA say which database, as they do for the server. See docs/operations.md.`;

/** `azimuth backup FILE` and `azimuth restore FILE`; says on standard output what was done. */
export async function backupCommand(
  command: 'backup' | 'restore',
  [file, ...rest]: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (!file || rest.length > 0) throw new SettingError(BACKUP_USAGE);
  const database = await openDatabase(readEnvironment(variables));
  try {
    console.log(await (command === 'backup' ? makeBackup : restoreBackup)(database.url, resolve(file)));
  } finally {
    await database.stop();
  }
}

async function makeBackup(url: string, file: string): Promise<string> {
  const { bytes, rows } = await backup(url, file);
  return `${file}: ${(bytes / 2 ** 20).toFixed(1)} MiB; rows: ${inWords(rows)}`;
}

async function restoreBackup(url: string, file: string): Promise<string> {
  const { createdAt, rows, jobs } = await restore(url, file);
  return `Restored what was there at ${createdAt}; rows: ${inWords(rows)}. ${jobs} jobs wait for a worker.`;
}

function inWords(rows: Readonly<Record<string, number>>): string {
  return ['model', 'discovery', 'direction', 'edit', 'image', 'event']
    .map((table) => `${table} ${rows[table] ?? 0}`)
    .join(', ');
}
