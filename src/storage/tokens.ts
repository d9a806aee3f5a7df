import { randomUUID } from 'node:crypto';
import { and, desc, eq, gt, isNull, or, sql } from 'drizzle-orm';
import { ACCESS_CHANNEL, type Bell } from './bell.js';
import type { Database } from './connection.js';
import { token } from './tables.js';
import type { TokenRow, TokenStore } from './types/tokens.js';

/** A notification can be lost only with its connection, after which every ring is rung. */
const LOOK_AGAIN_MS = 5000;

const counts = and(isNull(token.revokedAt), or(isNull(token.expiresAt), gt(token.expiresAt, sql`now()`)));

const columns = {
  id: token.id,
  name: token.name,
  role: token.role,
  createdAt: token.createdAt,
  expiresAt: token.expiresAt,
  revokedAt: token.revokedAt,
};

/** `bell` may be left out by who never waits for the end of a token. */
export function tokenStore(database: Database, bell: Bell | null): TokenStore {
  const first = async (condition: ReturnType<typeof and>): Promise<TokenRow | null> => {
    const [row] = await database.select(columns).from(token).where(condition).limit(1);
    return row ?? null;
  };
  const isValid = async (id: string) => (await first(and(eq(token.id, id), counts))) !== null;
  return {
    create: async (row) => {
      const [created] = await database
        .insert(token)
        .values({ ...row, id: randomUUID() })
        .returning(columns);
      return created as TokenRow;
    },
    valid: (hash) => first(and(eq(token.hash, hash), counts)),
    isValid,
    some: async () => (await first(counts)) !== null,
    all: () => database.select(columns).from(token).orderBy(desc(token.createdAt), desc(token.id)),
    revoke: (id) => revoke(database, id),
    ended: async (id, signal) => {
      if (!bell) throw new Error('This token store was opened without a bell.');
      const ring = bell.subscribe(id);
      try {
        // A database that is away says nothing about the token: whoever waits looks again.
        while (!signal.aborted && (await isValid(id).catch(() => true))) await ring.wait(signal, LOOK_AGAIN_MS);
      } finally {
        ring.close();
      }
    },
  };
}

async function revoke(database: Database, id: string): Promise<TokenRow | null> {
  return database.transaction(async (tx) => {
    const [row] = await tx
      .update(token)
      .set({ revokedAt: sql`coalesce(${token.revokedAt}, now())` })
      .where(eq(token.id, id))
      .returning(columns);
    await tx.execute(sql`SELECT pg_notify(${ACCESS_CHANNEL}, ${id})`);
    return row ?? null;
  });
}
