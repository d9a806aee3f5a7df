import type pg from 'pg';
import type { TableStart } from './archive.js';

/** Jobs that somebody waits for are of no use to anybody later. */
const ANSWERS = ['estimate', 'directions', 'merge'];

/** Stands in an archive for the jobs that are not done: the queue's own tables belong to its version. */
export const JOBS: TableStart = { table: 'job', columns: ['name', 'id', 'data'] };
export const JOBS_QUERY = `SELECT name::text, id::uuid, data::jsonb FROM pgboss.job
  WHERE state IN ('created', 'retry', 'active') AND name NOT IN (${ANSWERS.map((name) => `'${name}'`).join(', ')})
  ORDER BY created_on`;

/** Workers that were alive, and what they told, say nothing about another time. */
const PASSING = ['worker', 'worker_report'];

/** Every table of the schema with its columns, those that others refer to first. */
export async function tablesOf(client: pg.ClientBase): Promise<TableStart[]> {
  const { rows } = await client.query<TableStart>(
    `SELECT c.relname AS "table", array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
       AND NOT a.attisdropped AND a.attgenerated = ''
     GROUP BY c.relname ORDER BY c.relname`,
  );
  const { rows: references } = await client.query<{ from: string; to: string }>(
    `SELECT conrelid::regclass::text AS "from", confrelid::regclass::text AS "to" FROM pg_constraint
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid`,
  );
  return inOrder(
    rows.filter(({ table }) => !PASSING.includes(table)),
    references,
  );
}

function inOrder(tables: readonly TableStart[], references: readonly { from: string; to: string }[]): TableStart[] {
  const placed = new Set<string>();
  const ordered: TableStart[] = [];
  while (ordered.length < tables.length) {
    const next = tables.find(
      ({ table }) =>
        !placed.has(table) &&
        references.every(({ from, to }) => from !== table || placed.has(to) || !known(tables, to)),
    );
    if (!next) throw new Error('tables refer to each other in a circle');
    placed.add(next.table);
    ordered.push(next);
  }
  return ordered;
}

const known = (tables: readonly TableStart[], name: string) => tables.some(({ table }) => table === name);

export function columnList(columns: readonly string[]): string {
  return columns.map(quoted).join(', ');
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
