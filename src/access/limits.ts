import { SettingError } from '../roles.js';

const [MIB, GIB] = [2 ** 20, 2 ** 30];

interface LimitSetting {
  readonly variable: string;
  readonly fallback: number;
  readonly max: number;
  /** 0 stands for none. */
  readonly mayBeNone?: true;
  readonly says: string;
}

/** Everything that can be limited. docs/configuration.md has the same table, and a test that compares them. */
export const LIMIT_SETTINGS = {
  queuedRuns: { variable: 'AZIMUTH_MAX_QUEUED_RUNS', fallback: 2000, max: 1e6, says: 'runs that wait for a worker' },
  runsPerToken: {
    variable: 'AZIMUTH_MAX_RUNS_PER_TOKEN',
    fallback: 500,
    max: 1e6,
    says: 'runs of one token that are not over',
  },
  trainingSteps: {
    variable: 'AZIMUTH_MAX_TRAINING_STEPS',
    fallback: 1e6,
    max: 1e6,
    says: 'training steps of a discovery',
  },
  samplingSteps: {
    variable: 'AZIMUTH_MAX_SAMPLING_STEPS',
    fallback: 1000,
    max: 1000,
    says: 'sampling steps of a discovery or an edit',
  },
  directions: { variable: 'AZIMUTH_MAX_DIRECTIONS', fallback: 256, max: 256, says: 'directions of a discovery' },
  sweepEdits: { variable: 'AZIMUTH_MAX_SWEEP', fallback: 256, max: 256, says: 'edits of a sweep' },
  imageBytes: { variable: 'AZIMUTH_MAX_IMAGE_BYTES', fallback: 20 * MIB, max: GIB, says: 'bytes of an uploaded image' },
  imagePixels: {
    variable: 'AZIMUTH_MAX_IMAGE_PIXELS',
    fallback: 40e6,
    max: 67_108_864,
    says: 'pixels of an uploaded image',
  },
  directionBytes: {
    variable: 'AZIMUTH_MAX_DIRECTION_BYTES',
    fallback: 256 * MIB,
    max: GIB,
    says: 'bytes of an uploaded direction file',
  },
  bodyBytes: { variable: 'AZIMUTH_MAX_BODY_BYTES', fallback: MIB, max: 64 * MIB, says: 'bytes of a GraphQL request' },
  intakeBytes: {
    variable: 'AZIMUTH_MAX_INTAKE_BYTES',
    fallback: 256 * MIB,
    max: 64 * GIB,
    says: 'bytes of all bodies that are being received',
  },
  storageBytes: {
    variable: 'AZIMUTH_STORAGE_BYTES',
    fallback: 0,
    max: Number.MAX_SAFE_INTEGER,
    mayBeNone: true,
    says: 'bytes of images, directions and checkpoints in the database',
  },
  tokens: { variable: 'AZIMUTH_MAX_TOKENS', fallback: 2000, max: 1e5, says: 'lexical tokens of a GraphQL document' },
  values: {
    variable: 'AZIMUTH_MAX_VALUES',
    fallback: 20_000,
    max: 1e7,
    says: 'values in the variables of an operation',
  },
  depth: { variable: 'AZIMUTH_MAX_DEPTH', fallback: 12, max: 100, says: 'fields inside fields of an operation' },
  aliases: { variable: 'AZIMUTH_MAX_ALIASES', fallback: 30, max: 1000, says: 'aliases of an operation' },
  directives: { variable: 'AZIMUTH_MAX_DIRECTIVES', fallback: 20, max: 1000, says: 'directives of an operation' },
  cost: { variable: 'AZIMUTH_MAX_COST', fallback: 50_000, max: 1e7, says: 'fields that an operation can return' },
  messageBytes: {
    variable: 'AZIMUTH_MAX_MESSAGE_BYTES',
    fallback: MIB / 4,
    max: 64 * MIB,
    says: 'bytes of a WebSocket message',
  },
  operations: {
    variable: 'AZIMUTH_MAX_OPERATIONS',
    fallback: 100,
    max: 1e5,
    says: 'operations under way on one socket',
  },
  sockets: {
    variable: 'AZIMUTH_MAX_SOCKETS',
    fallback: 2000,
    max: 1e6,
    says: 'sockets of one token, or of one address',
  },
  connections: { variable: 'AZIMUTH_MAX_CONNECTIONS', fallback: 10_000, max: 1e6, says: 'connections in all' },
  rate: {
    variable: 'AZIMUTH_RATE',
    fallback: 0,
    max: 1e6,
    mayBeNone: true,
    says: 'requests and operations a second of one token, or of one address',
  },
  burst: { variable: 'AZIMUTH_BURST', fallback: 400, max: 1e6, says: 'requests at once, before the rate holds' },
  headerSeconds: {
    variable: 'AZIMUTH_HEADER_SECONDS',
    fallback: 10,
    max: 600,
    says: 'seconds for the headers of a request',
  },
  requestSeconds: {
    variable: 'AZIMUTH_REQUEST_SECONDS',
    fallback: 300,
    max: 86_400,
    says: 'seconds for a whole request',
  },
  initSeconds: { variable: 'AZIMUTH_INIT_SECONDS', fallback: 3, max: 600, says: 'seconds until connection_init' },
} as const satisfies Readonly<Record<string, LimitSetting>>;

export type LimitName = keyof typeof LIMIT_SETTINGS;
export type Limits = { readonly [Name in LimitName]: number };

const NAMES = Object.keys(LIMIT_SETTINGS) as LimitName[];

/** Requests a second of one token where tokens are asked for; on one's own machine there is nobody to be fair to. */
const RATE_WITH_TOKENS = 100;

export const DEFAULT_LIMITS: Limits = limitsOf(({ fallback }) => fallback);

/** Throws SettingError with the variable, what it may be, and what it is. */
export function readLimits(variables: Readonly<Record<string, string | undefined>>, tokens: boolean): Limits {
  const rate = tokens ? { [LIMIT_SETTINGS.rate.variable]: String(RATE_WITH_TOKENS) } : {};
  // An empty variable counts as one that is not set.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value));
  const all: Readonly<Record<string, string | undefined>> = { ...rate, ...given };
  return limitsOf((setting) => numberOf(setting, all[setting.variable]));
}

function limitsOf(read: (setting: LimitSetting) => number): Limits {
  return Object.fromEntries(NAMES.map((name) => [name, read(LIMIT_SETTINGS[name])])) as unknown as Limits;
}

function numberOf({ variable, fallback, max, mayBeNone }: LimitSetting, text: string | undefined): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max && value >= (mayBeNone ? 0 : 1)) return value;
  throw new SettingError(
    `${variable}: expected an integer from ${mayBeNone ? '0 (none)' : '1'} to ${max}, got "${text}".`,
  );
}
