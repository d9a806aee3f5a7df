import { resolve } from 'node:path';
import { type AccessSettings, readAccess } from './access/settings.js';
import { SettingError } from './roles.js';
import type { Keep } from './storage/retention/keep.js';
import { readS3Place } from './storage/s3-url.js';

/** What the environment configures; see the README. */
export interface Environment {
  readonly host: string;
  readonly port: number;
  /** Folder for the embedded database and everything else that must last. */
  readonly dataDir: string;
  /** `null` starts the embedded PostgreSQL. */
  readonly databaseUrl: string | null;
  /** A provider, with `:N` for the Nth GPU where it can choose. */
  readonly device: string;
  /** Where a worker without a front says how it is; null: nowhere. */
  readonly healthPort: number | null;
  /** Copies that a worker keeps of models' files take so many bytes at most. */
  readonly cacheBytes: number;
  readonly logLevel: string;
  /** How long a load balancer has to see that this process is going, before it takes nothing new. */
  readonly drainMs: number;
  /** How long a training may take to come to a checkpoint when its worker stops. */
  readonly stopWithinMs: number;
  /** How long previews, events and inversions are kept. */
  readonly keep: Keep;
  /** Who may do what. */
  readonly access: AccessSettings;
}

export const DEFAULT_CACHE_BYTES = 20 * 2 ** 30;

const DEVICES = ['auto', 'cuda', 'webgpu', 'coreml', 'dml', 'cpu'];
/** Providers that take the number of a GPU. */
const NUMBERED = /^(cuda|dml):\d{1,2}$/;
/** The worker process reads it. */
const PRECISIONS = ['float32', 'float16'];
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Throws with the variable, what it may be, and what it is. An empty variable counts as one that is not set. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const read = (name: string, fallback: string) => variables[name] || fallback;
  checkBlobs(variables);
  checkMemoryBudget(variables);
  oneOf('AZIMUTH_PRECISION', read('AZIMUTH_PRECISION', 'float32'), PRECISIONS);
  const host = read('HOST', '127.0.0.1');
  const dataDir = resolve(read('AZIMUTH_DATA', './data'));
  return {
    host,
    port: portOf('PORT', read('PORT', '4000')),
    dataDir,
    databaseUrl: databaseUrlOf(variables['DATABASE_URL'] || null),
    device: deviceOf(read('AZIMUTH_DEVICE', 'auto')),
    healthPort: variables['AZIMUTH_HEALTH_PORT']
      ? portOf('AZIMUTH_HEALTH_PORT', variables['AZIMUTH_HEALTH_PORT'])
      : null,
    cacheBytes: bytesOf('AZIMUTH_CACHE_BYTES', variables['AZIMUTH_CACHE_BYTES'], DEFAULT_CACHE_BYTES),
    logLevel: oneOf('LOG_LEVEL', read('LOG_LEVEL', 'info'), LOG_LEVELS),
    drainMs: 1000 * secondsOf('AZIMUTH_DRAIN_SECONDS', read('AZIMUTH_DRAIN_SECONDS', '0')),
    stopWithinMs: 1000 * secondsOf('AZIMUTH_STOP_SECONDS', read('AZIMUTH_STOP_SECONDS', '20')),
    keep: keepOf(variables),
    access: readAccess(variables, host, dataDir),
  };
}

function portOf(name: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new SettingError(`${name}: expected a number from 0 (any free one) to 65535, got "${text}".`);
}

function secondsOf(name: string, text: string): number {
  if (/^\d{1,5}(\.\d+)?$/.test(text)) return Number(text);
  throw new SettingError(`${name}: expected seconds, such as 20, got "${text}".`);
}

/** By default nothing goes that somebody may still look at, and nothing stays that nobody will. */
function keepOf(variables: Readonly<Record<string, string | undefined>>): Keep {
  const days = (name: string, fallback: string) => daysOf(name, variables[name] || fallback);
  return {
    previewDays: days('AZIMUTH_KEEP_PREVIEW_DAYS', '30'),
    eventDays: days('AZIMUTH_KEEP_EVENT_DAYS', '365'),
    inversionDays: days('AZIMUTH_KEEP_INVERSION_DAYS', '30'),
  };
}

/** Null for 0: for ever. */
function daysOf(name: string, text: string): number | null {
  if (/^\d{1,5}(\.\d+)?$/.test(text)) return Number(text) || null;
  throw new SettingError(`${name}: expected days, such as 30, or 0 for ever, got "${text}".`);
}

function bytesOf(name: string, text: string | undefined, fallback: number): number {
  if (!text) return fallback;
  const bytes = Number(text);
  if (/^\d+$/.test(text) && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new SettingError(`${name}: expected a number of bytes, such as 20000000000, got "${text}".`);
}

/** The worker process reads it. */
function checkMemoryBudget(variables: Readonly<Record<string, string | undefined>>): void {
  bytesOf('AZIMUTH_MEMORY_BUDGET', variables['AZIMUTH_MEMORY_BUDGET'], 0);
}

/** Refuses where files shall be kept in a place that cannot be one. */
function checkBlobs(variables: Readonly<Record<string, string | undefined>>): void {
  try {
    readS3Place(variables);
  } catch (cause) {
    throw new SettingError((cause as Error).message, { cause });
  }
}

/** The value never stands in the message: it holds a password. */
function databaseUrlOf(text: string | null): string | null {
  if (text === null || /^postgres(ql)?:\/\//.test(text)) return text;
  throw new SettingError('DATABASE_URL: expected postgres://user:password@host:port/database.');
}

function deviceOf(text: string): string {
  if (NUMBERED.test(text) || DEVICES.includes(text)) return text;
  throw new SettingError(
    `AZIMUTH_DEVICE: expected one of ${DEVICES.join(', ')}, or cuda:N or dml:N for one GPU of several, got "${text}".`,
  );
}

function oneOf(name: string, value: string, values: readonly string[]): string {
  if (values.includes(value)) return value;
  throw new SettingError(`${name}: expected one of ${values.join(', ')}, got "${value}".`);
}
