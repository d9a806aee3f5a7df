import { LIMIT_SETTINGS, type LimitName, type Limits } from './limits.js';

/** What stands beside the code of a limit that was reached. */
export interface LimitDetails {
  /** How much is allowed. */
  readonly limit: number;
  /** How much it would be; left out where nobody counted on. */
  readonly value?: number;
  /** The environment variable that sets it. */
  readonly setting: string;
}

const CODES = { queuedRuns: 'QUEUE_FULL', storageBytes: 'STORAGE_FULL' } as const;

/** More was asked for than this server allows; `code` is the API's error code. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
  readonly code: 'LIMIT_EXCEEDED' | 'QUEUE_FULL' | 'STORAGE_FULL';
  readonly details: LimitDetails;

  constructor(name: LimitName, limit: number, value: number | null, advice: string) {
    const { variable, says } = LIMIT_SETTINGS[name];
    const got = value === null ? 'more' : `${value}`;
    super(`At most ${limit} ${says}, got ${got}. ${advice}`);
    this.code = name in CODES ? CODES[name as keyof typeof CODES] : 'LIMIT_EXCEEDED';
    this.details = { limit, ...(value === null ? {} : { value }), setting: variable };
  }
}

/** Throws LIMIT_EXCEEDED for the first of `values` that is beyond its limit. */
export function checkLimits(limits: Limits, values: Partial<Limits>, advice: string): void {
  for (const [key, value] of Object.entries(values)) {
    const name = key as LimitName;
    if (value > limits[name]) throw new LimitError(name, limits[name], value, advice);
  }
}
