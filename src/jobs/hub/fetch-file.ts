import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { downloadFile } from '@huggingface/hub';
import { EngineError } from '../../engine/index.js';
import { asked, credentials, type HubFile, type HubSettings } from './repository.js';

/** A connection that breaks is opened again this often in a row, if nothing came in between. */
const ATTEMPTS = 4;
const RETRY_MS = 500;

/** What is fetched from where. */
export interface FileSource {
  readonly hub: HubSettings;
  readonly hubId: string;
  readonly commit: string;
}

/**
 * Fetches a file to `target`, which appears whole and checked or not at all. What has come is kept in `partial` under the name of
 * its content, and gone on from. Throws MODEL_INVALID where the content is not what the hub promised.
 */
export async function fetchFile(
  source: FileSource,
  file: HubFile,
  { target, partial }: { target: string; partial: string },
  onBytes: (count: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(partial, { recursive: true });
  await mkdir(dirname(target), { recursive: true });
  const part = join(partial, `${file.sha256 ?? file.gitOid ?? `${source.commit}-${hashed(file.path)}`}.part`);
  let told = 0;
  const onDone = async (done: number) => {
    await onBytes(done - told);
    told = done;
  };
  for (let attempt = 1; ; attempt += 1) {
    const digest = contentHash(file);
    const kept = await digestKept(part, file.size, digest);
    await onDone(kept);
    try {
      if (kept < file.size) await append(source, file, { part, from: kept, digest }, onDone, signal);
      return await settle(source, file, { part, target }, digest);
    } catch (error) {
      if (signal.aborted) throw new EngineError('CANCELLED', 'The import was cancelled.', { cause: error });
      if (error instanceof EngineError) throw error;
      if (told > kept) attempt = 1;
      if (attempt >= ATTEMPTS) throw unreachable(source, file, error);
      await setTimeout(RETRY_MS * attempt, null, { signal }).catch(() => {});
    }
  }
}

/** What the hub says that the content is: the SHA-256 of a large file, a git blob of a small one. */
function contentHash({ sha256, size }: HubFile): Hash {
  return sha256 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

/** Bytes that came before, taken into the digest; what is longer than the file begins again. */
async function digestKept(part: string, size: number, digest: Hash): Promise<number> {
  const kept = (await stat(part).catch(() => null))?.size ?? 0;
  if (kept === 0) return 0;
  if (kept > size) {
    await rm(part);
    return 0;
  }
  for await (const chunk of createReadStream(part)) digest.update(chunk as Buffer);
  return kept;
}

/** Appends what is missing of a file; throws where the connection breaks. */
async function append(
  { hub, hubId, commit }: FileSource,
  { path, size }: HubFile,
  { part, from, digest }: { part: string; from: number; digest: Hash },
  onDone: (done: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const repo = { type: 'model', name: hubId } as const;
  const blob = await asked(hubId, commit, () =>
    downloadFile({ repo, path, revision: commit, xet: false, ...credentials(hub, signal) }),
  );
  if (blob?.size !== size) {
    const got = blob?.size ?? 'none';
    throw new EngineError('MODEL_INVALID', `${hubId}: ${path}: expected ${size} bytes, the hub has ${got}.`);
  }
  const handle = await open(part, 'a');
  let done = from;
  try {
    for await (const chunk of blob.slice(from).stream()) {
      if (done + chunk.byteLength > size)
        throw new EngineError('MODEL_INVALID', `${hubId}: ${path}: more came than its ${size} bytes.`);
      await handle.appendFile(chunk);
      digest.update(chunk);
      done += chunk.byteLength;
      await onDone(done);
    }
  } finally {
    await handle.close();
  }
  if (done < size) throw new Error(`the connection ended ${size - done} bytes early`);
}

async function settle(
  { hubId }: FileSource,
  { path, sha256, gitOid }: HubFile,
  { part, target }: { part: string; target: string },
  digest: Hash,
): Promise<void> {
  const [expected, got] = [sha256 ?? gitOid, digest.digest('hex')];
  if (expected !== null && expected !== got) {
    await rm(part, { force: true });
    throw new EngineError(
      'MODEL_INVALID',
      `${hubId}: ${path}: expected content with hash ${expected}, got ${got}. It was damaged on the way: import it again.`,
    );
  }
  // An empty file was never opened.
  await (await open(part, 'a')).close();
  await rename(part, target);
}

function unreachable({ hubId }: FileSource, { path }: HubFile, cause: unknown): EngineError {
  const text =
    cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
  const message = `${hubId}: ${path}: the hub cannot be reached (${text}). Import it again: it goes on where it stopped.`;
  return new EngineError('INTERNAL_SERVER_ERROR', message, { cause });
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
