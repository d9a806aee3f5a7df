import type { Postgres } from '../cluster/postgres.js';

export interface LoggedEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface LoggedRun {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly lastSeq: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly events: LoggedEvent[];
}

/** Every run of the database with its events in order. */
export async function readLog(postgres: Postgres): Promise<Map<string, LoggedRun>> {
  type Row = Omit<LoggedRun, 'events'>;
  const runs = await postgres.query<Row>('SELECT id, kind, status, last_seq AS "lastSeq", error FROM run');
  const log = new Map(runs.map((row): [string, LoggedRun] => [row.id, { ...row, events: [] }]));
  type EventRow = Omit<LoggedEvent, 'at'> & { run_id: string; at: Date };
  const events = await postgres.query<EventRow>(
    'SELECT run_id, seq, at, type, payload FROM event ORDER BY run_id, seq',
  );
  for (const { run_id: runId, at, ...event } of events) log.get(runId)?.events.push({ ...event, at: at.toISOString() });
  return log;
}
