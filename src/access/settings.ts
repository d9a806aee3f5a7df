import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { packageFile } from '../package.js';
import { SettingError } from '../roles.js';
import { DEFAULT_LIMITS, type Limits, readLimits } from './limits.js';

type Variables = Readonly<Record<string, string | undefined>>;

export const INTROSPECTION = ['on', 'off', 'admin'] as const;

/** Who may do what here; see docs/configuration.md. */
export interface AccessSettings {
  /** Whether a token is asked for. */
  readonly tokens: boolean;
  /** Whether it is reached through loopback alone. */
  readonly loopback: boolean;
  /** The administrator's token of AZIMUTH_TOKEN. */
  readonly bootstrapToken: string | null;
  /** Origins of pages, beside the server's own, that may use the API. */
  readonly origins: readonly string[];
  /** Names, beside those of loopback, under which an open server may be addressed. */
  readonly hosts: readonly string[];
  readonly introspection: (typeof INTROSPECTION)[number];
  /** Folders below which `path` may import; absolute. */
  readonly modelRoots: readonly string[];
  /** How long a signed URL can be used, at least. */
  readonly urlSeconds: number;
  readonly limits: Limits;
}

/** Of a server that a program starts, as tests do: loopback, open, any folder. */
export const OPEN_ACCESS: AccessSettings = {
  tokens: false,
  loopback: true,
  bootstrapToken: null,
  origins: [],
  hosts: [],
  introspection: 'on',
  modelRoots: ['/'],
  urlSeconds: 3600,
  limits: DEFAULT_LIMITS,
};

/** 32 characters of 62 kinds are 190 bits; what is shorter was made by a person. */
const BOOTSTRAP_MIN = 32;

/** Throws with the variable, what it may be, and what it is. `host` is where the server listens. */
export function readAccess(variables: Variables, host: string, dataDir: string): AccessSettings {
  const loopback = isLoopback(host);
  const tokens = tokensOf(variables['AZIMUTH_AUTH'] || null, loopback, host);
  return {
    tokens,
    loopback,
    bootstrapToken: bootstrapOf(variables['AZIMUTH_TOKEN'] || null),
    origins: listOf(variables['AZIMUTH_ORIGINS']).map(originOf),
    hosts: listOf(variables['AZIMUTH_HOSTS']).map((name) => name.toLowerCase()),
    introspection: oneOf('AZIMUTH_INTROSPECTION', variables['AZIMUTH_INTROSPECTION'] || 'on', INTROSPECTION),
    modelRoots: rootsOf(variables['AZIMUTH_MODEL_ROOTS'] || null, tokens, dataDir),
    urlSeconds: secondsOf('AZIMUTH_URL_SECONDS', variables['AZIMUTH_URL_SECONDS'] || '3600'),
    limits: readLimits(variables, tokens),
  };
}

/** Whether nobody but this machine can reach an address to listen at. A name that resolves to anything else is none of ours. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

function tokensOf(asked: string | null, loopback: boolean, host: string): boolean {
  const mode = asked === null ? (loopback ? 'open' : 'required') : oneOf('AZIMUTH_AUTH', asked, ['required', 'open']);
  if (mode === 'required') return true;
  if (loopback) return false;
  throw new SettingError(
    `AZIMUTH_AUTH: expected required where HOST is ${host}, got "open". Without tokens Azimuth listens on loopback only.`,
  );
}

function bootstrapOf(token: string | null): string | null {
  if (token === null || (token.length >= BOOTSTRAP_MIN && /^[\x21-\x7e]+$/.test(token))) return token;
  // Not the value: it is a secret, if a bad one.
  throw new SettingError(
    `AZIMUTH_TOKEN: expected at least ${BOOTSTRAP_MIN} characters without spaces, got ${token.length}. \`openssl rand -hex 32\` makes one.`,
  );
}

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap((item) => item.trim() || []);
}

function originOf(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text) return text;
  throw new SettingError(
    `AZIMUTH_ORIGINS: expected origins such as https://app.example.org, separated by commas, got "${text}".`,
  );
}

/** On an open server the caller is the machine's user: its own files too. */
function rootsOf(text: string | null, tokens: boolean, dataDir: string): string[] {
  if (text !== null) return text.split(delimiter).flatMap((root) => (root ? resolve(root) : []));
  const shared = [packageFile('models'), join(dataDir, 'models'), process.cwd()];
  return tokens ? shared : [...shared, homedir(), tmpdir()];
}

function secondsOf(name: string, text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 60 && seconds <= 7 * 86_400) return seconds;
  throw new SettingError(`${name}: expected seconds from 60 to 604800, got "${text}".`);
}

function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new SettingError(`${name}: expected one of ${values.join(', ')}, got "${value}".`);
}
