import { parseArgs } from 'node:util';
import { ROLES, type Role } from '../access/role.js';
import { hashOf, newSecret } from '../access/secret.js';
import { readEnvironment } from '../environment.js';
import { migrateDatabase, openDatabase, openPool, signingKeyStore, tokenStore } from '../storage/index.js';
import type { SigningKeyStore, TokenRow, TokenStore } from '../storage/types.js';

export const TOKEN_USAGE = `azimuth token create --role read|edit|train|admin --name NAME [--expires 30d|12h]
azimuth token list
azimuth token revoke ID
azimuth token rotate-url-key        image URLs signed until now go on holding until they expire`;

interface Stores {
  readonly tokens: TokenStore;
  readonly signingKeys: SigningKeyStore;
  readonly urlSeconds: number;
}

type Command = (stores: Stores, words: readonly string[]) => Promise<string>;

const COMMANDS: Readonly<Record<string, Command>> = {
  create,
  list: async ({ tokens }) => (await tokens.all()).map(lineOf).join('\n') || 'There are no tokens.',
  revoke,
  'rotate-url-key': async ({ signingKeys, urlSeconds }) => {
    await signingKeys.rotate(2 * urlSeconds);
    return 'A new key signs URLs in two minutes, when every node has read it.';
  },
};

/**
 * `azimuth token …`: works on the database of the environment, whether the server runs or not. Prints what it did; throws with
 * the usage.
 */
export async function tokenCommand(
  [name = '', ...words]: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new Error(`azimuth token: expected one of\n${TOKEN_USAGE}`);
  const { databaseUrl, dataDir, access } = readEnvironment(variables);
  const database = await openDatabase({ databaseUrl, dataDir });
  const { pool, database: rows } = openPool(database.url, 1);
  try {
    await migrateDatabase(pool);
    const stores = {
      tokens: tokenStore(rows, null),
      signingKeys: signingKeyStore(rows),
      urlSeconds: access.urlSeconds,
    };
    console.log(await command(stores, words));
  } finally {
    await pool.end();
    await database.stop();
  }
}

async function create({ tokens }: Stores, words: readonly string[]): Promise<string> {
  const options = { role: { type: 'string' }, name: { type: 'string' }, expires: { type: 'string' } } as const;
  const { role, name, expires } = parseArgs({ args: [...words], options }).values;
  const secret = newSecret();
  const row = await tokens.create({
    role: roleOf(role),
    name: nameOf(name),
    expiresAt: expires === undefined ? null : new Date(Date.now() + durationMs(expires)),
    hash: hashOf(secret),
  });
  // The secret alone on the last line, for scripts.
  return `${lineOf(row)}\nIts secret, shown this once:\n${secret}`;
}

async function revoke({ tokens }: Stores, [id = '']: readonly string[]): Promise<string> {
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
  const row = isId ? await tokens.revoke(id) : null;
  if (row === null) throw new Error(`token revoke: expected an id of \`token list\`, got "${id}".`);
  return lineOf(row);
}

function roleOf(text: string | undefined): Role {
  const role = ROLES.find((candidate) => candidate === text?.toUpperCase());
  if (role) return role;
  throw new Error(`--role: expected one of ${ROLES.join(', ').toLowerCase()}, got "${text ?? ''}".`);
}

function nameOf(text: string | undefined): string {
  const name = text?.trim() ?? '';
  if (name.length >= 1 && name.length <= 120) return name;
  throw new Error(`--name: expected 1 to 120 characters that say who it is for, got "${name}".`);
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return Number(count) * (UNITS_MS[unit] ?? 0);
  throw new Error(`--expires: expected a time such as 30d, 12h, 15m or 90s, got "${text}".`);
}

function lineOf({ id, role, name, createdAt, expiresAt, revokedAt }: TokenRow): string {
  const ended = expiresAt && expiresAt <= new Date() ? 'expired' : 'expires';
  const until = revokedAt
    ? `revoked ${revokedAt.toISOString()}`
    : expiresAt
      ? `${ended} ${expiresAt.toISOString()}`
      : '';
  return [id, role.toLowerCase().padEnd(5), createdAt.toISOString(), until, JSON.stringify(name)]
    .filter(Boolean)
    .join('  ');
}
