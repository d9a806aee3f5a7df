import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { packageFile } from '../package.js';
import * as tables from './tables.js';

export type Database = NodePgDatabase<typeof tables>;
/** A database or a transaction in it. */
export type Queryable = Pick<
  Database,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute' | 'query'
>;

/** Any constant: all nodes that migrate take the same lock. */
const MIGRATION_LOCK = 731_009_912;

/** Pool and tables; `name` is how the database lists the connections. Idle connections that break are replaced, not thrown. */
export function openPool(url: string, size: number, name = 'azimuth'): { pool: pg.Pool; database: Database } {
  const pool = new pg.Pool({ connectionString: url, max: size, application_name: name });
  pool.on('error', () => {});
  // One that breaks while it is in use says so twice: its query is refused, and it emits an error that nobody may miss.
  pool.on('connect', (client) => client.on('error', () => {}));
  const database = drizzle(pool, { schema: tables });
  // Drizzle 0.45 keeps a pool's client for good when BEGIN fails on it, as it does once a database has been away.
  database.transaction = async (work, config) => {
    const client = await pool.connect();
    try {
      return await drizzle(client, { schema: tables }).transaction(work, config);
    } finally {
      client.release();
    }
  };
  return { pool, database };
}

/** Brings the schema up to date; several nodes may do so at once. */
export async function migrateDatabase(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: packageFile('src/storage/migrations') });
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => {});
    client.release();
  }
}
