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
  /** What the queue and the lease of its holder say; for who looks into a violation. */
  readonly holder: Readonly<Record<string, unknown>>;
}

const RUNS = `SELECT r.id, r.kind, r.status, r.last_seq AS "lastSeq", r.error, jsonb_build_object(
    'epoch', r.epoch, 'worker', r.worker_id, 'leaseAgeSeconds', extract(epoch FROM now() - w.seen_at),
    'cancelRequested', r.cancel_requested, 'pauseRequested', r.pause_requested,
    'job', j.state, 'tries', j.retry_count, 'triesMax', j.retry_limit) AS holder
  FROM run r LEFT JOIN worker w ON w.id = r.worker_id
  LEFT JOIN LATERAL (SELECT * FROM pgboss.job WHERE id = r.id LIMIT 1) j ON true`;

/** Every run of the database with its events in order. */
export async function readLog(postgres: Postgres): Promise<Map<string, LoggedRun>> {
  type Row = Omit<LoggedRun, 'events'>;
  const runs = await postgres.query<Row>(RUNS);
  const log = new Map(runs.map((row): [string, LoggedRun] => [row.id, { ...row, events: [] }]));
  type EventRow = Omit<LoggedEvent, 'at'> & { run_id: string; at: Date };
  const events = await postgres.query<EventRow>(
    'SELECT run_id, seq, at, type, payload FROM event ORDER BY run_id, seq',
  );
  for (const { run_id: runId, at, ...event } of events) log.get(runId)?.events.push({ ...event, at: at.toISOString() });
  return log;
}

/** What the database says of every run, by its row's id. */
export async function readStatuses(postgres: Postgres): Promise<Map<string, string>> {
  const runs = await postgres.query<Pick<LoggedRun, 'id' | 'status'>>('SELECT id, status FROM run');
  return new Map(runs.map(({ id, status }) => [id, status]));
}
