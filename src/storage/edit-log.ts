import { type SQL, sql } from 'drizzle-orm';
import { EVENT_CHANNEL } from './bell.js';
import type { Database } from './connection.js';
import { StaleEpochError } from './errors.js';
import type { Held } from './held.js';
import { imageRowOf, type NewImage } from './images.js';
import { edit, event, image, run } from './tables.js';
import { type EditRow, FINAL_STATUSES, type ImageRow } from './types.js';

/*
 * What edits write while they run, of many edits in one statement. Each answers by entry: StaleEpochError where the run is in
 * others' hands by now, whose entries alone are left out.
 */

export interface NewFrame {
  /** `{ coarse, stepIndex, timestep, samplingSteps }`. */
  readonly payload: Record<string, unknown>;
  readonly image: NewImage;
  readonly original: NewImage | null;
  readonly difference: NewImage | null;
}

export type StartedEdit = Pick<EditRow, 'shifts' | 'provenance' | 'requestHash' | 'options'>;

/** How an edit ends well: with pictures of its own, or those that another one left, and that one's frames. */
export interface EditEnd {
  readonly result: NewImage | string;
  readonly original: NewImage | string;
  readonly reconstructionPsnr: number | null;
  readonly frames: readonly Record<string, unknown>[];
}

export interface NewFrames {
  readonly frames: readonly NewFrame[];
}

export type Of<Facts> = Facts & { readonly held: Held };

/** Says of edits what they are made of. */
export async function startEdits(database: Database, edits: readonly Of<StartedEdit>[]) {
  const given = edits.map(({ held, ...facts }) => ({ ...held, ...facts }));
  return answers(
    edits,
    await database.execute<{ run_id: string }>(sql`
      WITH ${heldOf(given, sql`shifts jsonb, provenance jsonb, "requestHash" text, options jsonb`)}
      UPDATE ${edit} SET shifts = held.shifts, provenance = held.provenance, request_hash = held."requestHash",
        options = held.options
      FROM held WHERE ${edit.runId} = held."runId" RETURNING run_id`),
  );
}

/** Appends EditFrame events with their pictures, and rings once a run. */
export async function appendFrames(database: Database, edits: readonly Of<NewFrames>[]) {
  const pictures = new Pictures();
  const given = edits.map(({ held, frames }) => ({
    ...held,
    frames: frames.map(({ payload, image: shown, original, difference }) => ({
      ...payload,
      imageId: pictures.idOf(shown),
      originalId: pictures.idOf(original),
      differenceId: pictures.idOf(difference),
    })),
  }));
  return answers(
    edits,
    await database.execute<{ run_id: string }>(sql`
      WITH ${heldOf(given, sql`frames jsonb`)}, ${pictures.stored()}, counted AS (
        UPDATE ${run} SET last_seq = run.last_seq + jsonb_array_length(held.frames)
        FROM held WHERE run.id = held."runId"
      ), appended AS (
        INSERT INTO ${event} (run_id, seq, type, payload)
        SELECT "runId", last_seq + place, 'EditFrame', payload FROM held, ${FRAMES}
        RETURNING run_id, seq
      ) ${RUNG}`),
  );
}

/** Keeps results, says so in the logs, and gives the runs their final status. */
export async function endEdits(database: Database, edits: readonly Of<EditEnd>[]) {
  const pictures = new Pictures();
  const idOf = (picture: NewImage | string) => (typeof picture === 'string' ? picture : pictures.idOf(picture));
  const given = edits.map(({ held, result, original, reconstructionPsnr, frames }) => {
    const ids = { resultId: idOf(result), originalId: idOf(original) };
    return { ...held, ...ids, reconstructionPsnr, frames };
  });
  const succeeded = JSON.stringify({ status: 'SUCCEEDED', error: null });
  const columns = sql`"resultId" uuid, "originalId" uuid, "reconstructionPsnr" double precision, frames jsonb`;
  return answers(
    edits,
    await database.execute<{ run_id: string }>(sql`
      WITH ${heldOf(given, columns)}, ${pictures.stored()}, moved AS (
        UPDATE ${run} SET status = 'SUCCEEDED', error = NULL, worker_id = NULL, finished_at = now(),
          last_seq = run.last_seq + jsonb_array_length(held.frames) + 2
        FROM held WHERE run.id = held."runId" RETURNING run.id, run.last_seq AS after
      ), kept AS (
        UPDATE ${edit} SET result_image_id = "resultId", original_image_id = "originalId",
          reconstruction_psnr = "reconstructionPsnr"
        FROM held WHERE ${edit.runId} = held."runId"
      ), appended AS (
        INSERT INTO ${event} (run_id, seq, type, payload)
        SELECT "runId", last_seq + place, 'EditFrame', payload FROM held, ${FRAMES}
        UNION ALL
        SELECT id, after - 1, 'EditFinished', jsonb_build_object('resultId', "resultId", 'originalId', "originalId")
        FROM moved JOIN held ON id = "runId"
        UNION ALL SELECT id, after, 'StatusChanged', ${succeeded}::jsonb FROM moved
        RETURNING run_id, seq
      ) ${RUNG}`),
  );
}

/** Each frame of a row of `held`, from 1. */
const FRAMES = sql`jsonb_array_elements(held.frames) WITH ORDINALITY AS f (payload, place)`;

/** The rest of a statement whose CTE `appended` has appended events: bells ring, once a run. */
const RUNG = sql`SELECT run_id, pg_notify(${EVENT_CHANNEL}, run_id || ':' || max(seq)) FROM appended GROUP BY run_id`;

/**
 * The CTE `held`: those of `given` whose runs are in these hands and not over, with `columns` of their own and the run's `last_seq`.
 * Locked until the statement ends, in order, so that two who lock the same cannot wait for each other.
 */
function heldOf(given: readonly Held[], columns: SQL): SQL {
  const over = sql.param([...FINAL_STATUSES]);
  return sql`held AS (
    SELECT given.*, run.last_seq FROM jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
      AS given ("runId" uuid, epoch int, ${columns})
    JOIN ${run} ON run.id = given."runId" AND run.epoch = given.epoch AND NOT run.status = ANY(${over}::text[])
    ORDER BY run.id FOR NO KEY UPDATE OF run
  )`;
}

function answers(
  edits: readonly { readonly held: Held }[],
  { rows }: { readonly rows: readonly { run_id: string }[] },
): (undefined | StaleEpochError)[] {
  const done = new Set(rows.map(({ run_id }) => run_id));
  return edits.map(({ held }) => (done.has(held.runId) ? undefined : new StaleEpochError(held.runId, held.epoch)));
}

/** Pictures that one statement stores; the same bytes are one picture. */
class Pictures {
  private readonly images = new Map<string, { readonly row: ImageRow; readonly bytes: Uint8Array }>();

  idOf<Picture extends NewImage | null>(picture: Picture): string | (Picture & null) {
    if (!picture) return null as Picture & null;
    const row = imageRowOf(picture);
    this.images.set(row.id, { row, bytes: picture.bytes });
    return row.id;
  }

  /** CTEs that store them, or make them as new again; in order, as everybody stores them. */
  stored(): SQL {
    const all = [...this.images.values()].sort((a, b) => (a.row.blobHash < b.row.blobHash ? -1 : 1));
    const column = <Value>(of: (entry: (typeof all)[number]) => Value) => sql.param(all.map(of));
    return sql`pictures AS (
        SELECT * FROM unnest(
          ${column(({ row }) => row.id)}::uuid[], ${column(({ row }) => row.blobHash)}::text[],
          ${column(({ bytes }) => Buffer.from(bytes))}::bytea[], ${column(({ row }) => row.width)}::int[],
          ${column(({ row }) => row.height)}::int[], ${column(({ row }) => row.contentType)}::text[]
        ) AS p (id, hash, bytes, width, height, content_type)
      ), blobs AS (
        INSERT INTO blob (hash, bytes) SELECT hash, bytes FROM pictures ON CONFLICT (hash) DO UPDATE SET created_at = now()
      ), images AS (
        INSERT INTO ${image} (id, blob_hash, width, height, content_type)
        SELECT id, hash, width, height, content_type FROM pictures ON CONFLICT DO NOTHING
      )`;
  }
}
