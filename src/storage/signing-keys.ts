import { randomBytes } from 'node:crypto';
import { desc, sql } from 'drizzle-orm';
import type { Database, Queryable } from './connection.js';
import { signingKey } from './tables.js';
import type { SigningKeyRow, SigningKeyStore } from './types/tokens.js';

/** Any constant: two nodes that start on an empty database shall make one key. */
const KEY_LOCK = 731_009_913;

/** The keys of signed URLs lie in the database, so that what one node signs every node knows. */
export function signingKeyStore(database: Database): SigningKeyStore {
  const read = (tx: Queryable): Promise<SigningKeyRow[]> => tx.select().from(signingKey).orderBy(desc(signingKey.id));
  const add = async (tx: Queryable) => {
    await tx.insert(signingKey).values({ secret: randomBytes(32) });
  };
  return {
    all: async () => {
      const keys = await read(database);
      if (keys.length > 0) return keys;
      return database.transaction(async (tx) => {
        await tx.execute(sql`SELECT pg_advisory_xact_lock(${KEY_LOCK})`);
        if ((await read(tx)).length === 0) await add(tx);
        return read(tx);
      });
    },
    rotate: (keepSeconds) =>
      database.transaction(async (tx) => {
        await tx.execute(sql`SELECT pg_advisory_xact_lock(${KEY_LOCK})`);
        // A key ends when the one after it begins: that one must be old enough for everything signed before to be over.
        await tx.execute(sql`
          DELETE FROM ${signingKey} old WHERE EXISTS (
            SELECT 1 FROM ${signingKey} newer
            WHERE newer.id > old.id AND newer.created_at < now() - make_interval(secs => ${keepSeconds}))`);
        await add(tx);
      }),
  };
}
