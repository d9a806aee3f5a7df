/** What a process does: answer clients, compute, or both. Any number of each share one PostgreSQL. */
export type Role = 'api' | 'worker' | 'all';

export const USAGE = `Usage: azimuth [all | api | worker | token | backup | restore]
       azimuth token create | list | revoke

  all     answers clients and computes; the default, and all that one machine needs
  api     answers clients: GraphQL, WebSocket, images. Loads no engine
  worker  computes what the queue holds, on one device (AZIMUTH_DEVICE=cuda:1); one process a GPU
  token   makes, lists and revokes the tokens of clients, whether a server runs or not
  backup FILE, restore FILE   the whole database, see docs/operations.md

api and worker meet in one PostgreSQL: set DATABASE_URL to the same one for all of them. See docs/scaling.md.`;

/** A setting or an argument that cannot be used; says which, what it may be, and what to do. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
  readonly code = 'BAD_SETTING';
}

const ROLES: readonly string[] = ['api', 'worker', 'all'] satisfies Role[];

/** The role of a command line; `all` where it names none, null where it asks for help. Throws SettingError. */
export function readRole(args: readonly string[]): Role | null {
  const [first = 'all', ...rest] = args;
  if (first === '--help' || first === '-h' || first === 'help') return null;
  if (ROLES.includes(first) && rest.length === 0) return first as Role;
  throw new SettingError(`azimuth: expected one of ${ROLES.join(', ')}, got "${args.join(' ')}".\n\n${USAGE}`);
}

/** A part alone needs a database that the other parts reach too. Throws SettingError. */
export function requireShared(role: Role, databaseUrl: string | null): void {
  if (role === 'all' || databaseUrl !== null) return;
  const other = role === 'api' ? 'worker' : 'api';
  throw new SettingError(
    `DATABASE_URL: \`azimuth ${role}\` expects a PostgreSQL 15 or newer that every \`azimuth ${other}\` uses too, got none. ` +
      `Set DATABASE_URL=postgres://user:password@host:port/database, or run \`azimuth all\`, which brings its own.`,
  );
}
