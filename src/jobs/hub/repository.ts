import { HubApiError, type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub';
import { EngineError } from '../../engine/index.js';
import type { HubRefRow } from '../../storage/types.js';

/** Where models are fetched from. */
export interface HubSettings {
  /** Null: the public one. */
  readonly endpoint: string | null;
  readonly token: string | null;
}

/** A file of a repository; its content has the SHA-256 `sha256`, or is the git blob `gitOid`. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly gitOid: string | null;
}

const DEFAULT_ENDPOINT = 'https://huggingface.co';
const MAX_FILES = 10_000;
const MAX_PATH = 400;

/**
 * What the library's functions take besides. The token goes to the hub alone, and not where it redirects to; the library would
 * take those of one hub only.
 */
export function credentials({ endpoint, token }: HubSettings, signal: AbortSignal) {
  const hubUrl = (endpoint ?? DEFAULT_ENDPOINT).replace(/\/+$/, '');
  const { origin } = new URL(hubUrl);
  const own: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    const url = new URL(input instanceof Request ? input.url : input);
    if (token && url.origin === origin) headers.set('authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers, signal });
  };
  return { hubUrl, fetch: own };
}

/** The commit that a revision stands for. BAD_USER_INPUT where there is no such repository, or it may not be read. */
export async function commitOf(hub: HubSettings, { hubId, revision }: HubRefRow, signal: AbortSignal): Promise<string> {
  if (/^[0-9a-f]{40}$/.test(revision)) return revision;
  const { sha } = await asked(hubId, revision, () =>
    modelInfo({ name: hubId, revision, additionalFields: ['sha'], ...credentials(hub, signal) }),
  );
  if (typeof sha === 'string' && /^[0-9a-f]{40}$/.test(sha)) return sha;
  throw new EngineError('MODEL_INVALID', `${hubId}@${revision}: expected a commit from the hub, got ${sha}.`);
}

/** Every file of a commit. MODEL_INVALID where one has a path that leads elsewhere. */
export async function filesOf(
  hub: HubSettings,
  hubId: string,
  commit: string,
  signal: AbortSignal,
): Promise<HubFile[]> {
  return asked(hubId, commit, async () => {
    const files: HubFile[] = [];
    const repo = { type: 'model', name: hubId } as const;
    for await (const entry of listFiles({ repo, revision: commit, recursive: true, ...credentials(hub, signal) })) {
      if (files.length >= MAX_FILES) throw new EngineError('MODEL_INVALID', `${hubId}: more than ${MAX_FILES} files.`);
      if (entry.type === 'file') files.push(fileOf(hubId, entry));
    }
    return files;
  });
}

function fileOf(hubId: string, { path, size, oid, lfs }: ListFileEntry): HubFile {
  const bytes = lfs?.size ?? size;
  if (!isInside(path) || !Number.isSafeInteger(bytes) || bytes < 0) {
    const got = JSON.stringify(path).slice(0, 200);
    throw new EngineError(
      'MODEL_INVALID',
      `${hubId}: expected files inside the repository, got ${got} of ${bytes} bytes.`,
    );
  }
  const gitOid = oid !== undefined && /^[0-9a-f]{40}$/.test(oid) ? oid : null;
  return { path, size: bytes, sha256: sha256Of(hubId, path, lfs?.oid), gitOid: lfs ? null : gitOid };
}

function sha256Of(hubId: string, path: string, oid: string | undefined): string | null {
  if (oid === undefined) return null;
  if (/^[0-9a-f]{64}$/.test(oid)) return oid;
  throw new EngineError(
    'MODEL_INVALID',
    `${hubId}: ${path}: expected a SHA-256, got ${JSON.stringify(oid).slice(0, 80)}.`,
  );
}

/** Whether a path stays in its folder on every system. */
function isInside(path: unknown): path is string {
  if (typeof path !== 'string' || path.length === 0 || path.length > MAX_PATH) return false;
  return !/[\\:\0]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Says what a refusal of the hub means. */
export async function asked<T>(hubId: string, revision: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!(cause instanceof HubApiError)) throw cause;
    const what = `${hubId}@${revision}`;
    const text = cause.message.split('. URL:')[0];
    const advice: Readonly<Record<number, string>> = {
      401: 'It does not exist, or needs a token: set HF_TOKEN.',
      403: 'The token may not read it: accept its terms on the hub, or use another one.',
      404: 'Check hubId and revision.',
    };
    const { statusCode } = cause;
    const code = statusCode < 500 && statusCode !== 429 ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR';
    const message = `${what}: the hub answers ${statusCode} (${text}). ${advice[statusCode] ?? 'Import it again later.'}`;
    throw new EngineError(code, message, { cause });
  }
}
