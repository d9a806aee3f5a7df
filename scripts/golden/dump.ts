import type pg from 'pg';

/** A row by column; objects and lists are JSON, a Buffer is bytea. */
export interface TableRow {
  readonly table: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Inserts what the schema at hand has of a row: nothing where the table came later. */
export async function insertRow(client: pg.Client, { table, values }: TableRow): Promise<void> {
  const columns = (await columnsOf(client, 'public', table)).filter((column) => column in values);
  if (columns.length === 0) return;
  const given = columns.map((column) => asParameter(values[column]));
  const places = columns.map((_, index) => `$${index + 1}`);
  await client.query(`INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${places.join(', ')})`, given);
}

function asParameter(value: unknown): unknown {
  const isJson = typeof value === 'object' && value !== null && !Buffer.isBuffer(value);
  return isJson ? JSON.stringify(value) : value;
}

/** All rows as INSERT statements, in an order that foreign keys allow, and where sequences stand. */
export async function dumpRows(client: pg.Client): Promise<string> {
  await client.query("SET timezone = 'UTC'");
  const { rows } = await client.query<{ schema: string; name: string }>(`
    SELECT schemaname AS schema, tablename AS name FROM pg_tables
    WHERE schemaname IN ('public', 'drizzle') ORDER BY schemaname, tablename`);
  const tables: string[] = [];
  for (const { schema, name } of rows) tables.push(...(await insertsOf(client, schema, name)));
  // As pg_dump's --disable-triggers does: foreign keys are checked by triggers.
  return ['SET session_replication_role = replica;', ...tables, 'RESET session_replication_role;', ''].join('\n');
}

async function insertsOf(client: pg.Client, schema: string, name: string): Promise<string[]> {
  const table = `"${schema}"."${name}"`;
  const columns = await columnsOf(client, schema, name);
  const literals = columns.map((column) => `coalesce(quote_literal("${column}"::text), 'NULL')`);
  const { rows } = await client.query<{ text: string }>(
    `SELECT concat_ws(', ', ${literals.join(', ')}) AS text FROM ${table} ORDER BY 1`,
  );
  const head = `INSERT INTO ${table} (${columns.map((column) => `"${column}"`).join(', ')}) OVERRIDING SYSTEM VALUE`;
  const inserts = rows.map(({ text }) => `${head} VALUES (${text});`);
  return rows.length > 0 && columns.includes('id') ? [...inserts, ...(await sequenceOf(client, table))] : inserts;
}

async function sequenceOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string | null }>(`SELECT pg_get_serial_sequence($1, 'id') AS name`, [
    table,
  ]);
  const name = rows[0]?.name;
  return name ? [`SELECT setval('${name}', (SELECT max(id) FROM ${table}));`] : [];
}

async function columnsOf(client: pg.Client, schema: string, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`,
    [schema, table],
  );
  return rows.map(({ name }) => name);
}
