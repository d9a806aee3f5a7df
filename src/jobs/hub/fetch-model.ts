import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../engine/index.js';
import type { HubRefRow } from '../../storage/types.js';
import { fetchFile } from './fetch-file.js';
import { commitOf, filesOf, type HubSettings } from './repository.js';
import { selectFiles } from './selection.js';

/** Files of imports that nobody went on with are let go after so long. */
const PARTIAL_DAYS = 7;
const DAY_MS = 86_400_000;

export interface FetchedModel {
  readonly folder: string;
  readonly commit: string;
}

/**
 * The folder of a hub's model in the cache, fetched where it is not there: whole and checked, or not at all. What an import
 * that was broken off had fetched is gone on from. Progress in bytes of all files together.
 */
export async function fetchModel(
  { hub, cache }: { hub: HubSettings; cache: string },
  ref: HubRefRow,
  onProgress: (done: number, total: number) => Promise<void>,
  signal: AbortSignal,
): Promise<FetchedModel> {
  try {
    const commit = await commitOf(hub, ref, signal);
    const folder = join(cache, ref.hubId.replace('/', '--'), commit);
    if (!existsSync(folder)) await fetchFiles({ hub, cache }, ref.hubId, { folder, commit }, onProgress, signal);
    return { folder, commit };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (signal.aborted) throw new EngineError('CANCELLED', 'The import was cancelled.', { cause: error });
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    const message = `${ref.hubId}: the hub cannot be reached (${cause}). Check HF_ENDPOINT and the network; import it again.`;
    throw new EngineError('INTERNAL_SERVER_ERROR', message, { cause: error });
  }
}

async function fetchFiles(
  { hub, cache }: { hub: HubSettings; cache: string },
  hubId: string,
  { folder, commit }: FetchedModel,
  onProgress: (done: number, total: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const partial = join(cache, 'partial');
  await forgetOld(partial);
  const files = selectFiles(hubId, await filesOf(hub, hubId, commit, signal));
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const onBytes = async (count: number) => {
    done += count;
    await onProgress(done, total);
  };
  // Whole files only; the folder gets its name when all of them are there.
  const incoming = `${folder}.incoming`;
  await orNothing(incoming, async () => {
    for (const file of files) {
      const target = join(incoming, file.path);
      const known = await stat(target).catch(() => null);
      if (known?.size === file.size) await onBytes(file.size);
      else await fetchFile({ hub, hubId, commit }, file, { target, partial }, onBytes, signal);
    }
  });
  await rename(incoming, folder);
}

/** Of a repository that is refused nothing stays. */
async function orNothing<T>(folder: string, fetch: () => Promise<T>): Promise<T> {
  try {
    return await fetch();
  } catch (error) {
    const refused = error instanceof EngineError && error.code === 'MODEL_INVALID';
    if (refused) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function forgetOld(partial: string): Promise<void> {
  for (const name of await readdir(partial).catch(() => [])) {
    const path = join(partial, name);
    const found = await stat(path).catch(() => null);
    if (found && Date.now() - found.mtimeMs > PARTIAL_DAYS * DAY_MS) await rm(path, { force: true });
  }
}
