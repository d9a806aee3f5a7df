import { and, asc, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Database, Queryable } from './connection.js';
import { StaleEpochError } from './errors.js';
import { appendEvent } from './events.js';
import type { Held } from './held.js';
import { imageRowOf, type NewImage, putBlob, putImages, readBlob, touchImages } from './images.js';
import { setStatus } from './run-status.js';
import { direction, edit, event, image, inversion, run } from './tables.js';
import type { EditRow, ImageFitName, ImageRow, InversionFacts, MergeRow } from './types.js';

const DAY_MS = 86_400_000;

export interface NewFrame {
  /** `{ coarse, stepIndex, timestep, samplingSteps }`. */
  readonly payload: Record<string, unknown>;
  readonly image: NewImage;
  readonly original: NewImage | null;
  readonly difference: NewImage | null;
}

/** What the latents of an image depend on. */
export interface InversionKey {
  readonly imageId: string;
  readonly modelHash: string;
  readonly samplingSteps: number;
  readonly fit: ImageFitName;
}

/** What is kept of an edit that ended well. */
export interface EditOutcome {
  readonly resultImageId: string;
  readonly originalImageId: string;
  readonly reconstructionPsnr: number | null;
  /** Payloads of its frames, in order. */
  readonly frames: readonly Record<string, unknown>[];
}

/** What a worker does to edits. Each function is one transaction. */
export class EditWork {
  constructor(private readonly database: Database) {}

  async row(runId: string): Promise<EditRow> {
    const [row] = await this.rows([runId]);
    if (!row) throw new Error(`edit ${runId} is gone`);
    return row;
  }

  /** Of a sweep, in the order of its variations. */
  async sweep(sweepId: string): Promise<EditRow[]> {
    const ids = await this.database.select({ id: edit.runId }).from(edit).where(eq(edit.sweepId, sweepId));
    const rows = await this.rows(ids.map(({ id }) => id));
    return rows.sort((a, b) => (a.options.place ?? 0) - (b.options.place ?? 0));
  }

  private async rows(runIds: string[]): Promise<EditRow[]> {
    if (runIds.length === 0) return [];
    const rows = await this.database
      .select()
      .from(edit)
      .innerJoin(run, eq(run.id, edit.runId))
      .where(inArray(edit.runId, runIds));
    return rows.map((row) => ({ ...row.edit, ...row.run }));
  }

  /** Frames that the log already has (an edit that was retried), as {@link frameKey} names them. */
  async announcedFrames(runId: string): Promise<Set<string>> {
    return new Set((await this.frames(runId)).map(frameKey));
  }

  private async frames(runId: string): Promise<Record<string, unknown>[]> {
    const rows = await this.database
      .select({ payload: event.payload })
      .from(event)
      .where(and(eq(event.runId, runId), eq(event.type, 'EditFrame')))
      .orderBy(asc(event.seq));
    return rows.map(({ payload }) => payload);
  }

  /** Appends frames with their images in one statement: a frame costs one round trip, and several cost no more. */
  async appendFrames(held: Held, frames: readonly NewFrame[]): Promise<void> {
    const images = new Map<string, { row: ImageRow; bytes: Uint8Array }>();
    const idOf = (picture: NewImage | null) => {
      if (!picture) return null;
      const row = imageRowOf(picture);
      images.set(row.id, { row, bytes: picture.bytes });
      return row.id;
    };
    const payloads = frames.map(({ payload, image: shown, original, difference }) => ({
      ...payload,
      imageId: idOf(shown),
      originalId: idOf(original),
      differenceId: idOf(difference),
    }));
    // In order, as everybody stores them.
    const all = [...images.values()].sort((a, b) => (a.row.blobHash < b.row.blobHash ? -1 : 1));
    const column = <Value>(of: (entry: (typeof all)[number]) => Value) => sql.param(all.map(of));
    const { rows } = await this.database.execute<{ seq: number }>(sql`
      WITH given AS (
        SELECT * FROM unnest(
          ${column(({ row }) => row.id)}::uuid[], ${column(({ row }) => row.blobHash)}::text[],
          ${column(({ bytes }) => Buffer.from(bytes))}::bytea[], ${column(({ row }) => row.width)}::int[],
          ${column(({ row }) => row.height)}::int[], ${column(({ row }) => row.contentType)}::text[]
        ) AS g (id, hash, bytes, width, height, content_type)
      ), blobs AS (
        INSERT INTO blob (hash, bytes) SELECT hash, bytes FROM given ON CONFLICT (hash) DO UPDATE SET created_at = now()
      ), images AS (
        INSERT INTO ${image} (id, blob_hash, width, height, content_type)
        SELECT id, hash, width, height, content_type FROM given ON CONFLICT DO NOTHING
      )
      ${this.appended(held, payloads)}`);
    if (rows.length === 0) throw new StaleEpochError(held.runId, held.epoch);
  }

  /** The rest of a WITH that appends EditFrame events under the run's epoch, and rings once. */
  private appended({ runId, epoch }: Held, payloads: readonly Record<string, unknown>[]) {
    return sql`, holder AS (
        UPDATE ${run} SET last_seq = last_seq + ${payloads.length}::int WHERE id = ${runId} AND epoch = ${epoch}
        RETURNING id, last_seq - ${payloads.length}::int AS before
      ), appended AS (
        INSERT INTO ${event} (run_id, seq, type, payload)
        SELECT id, before + place, 'EditFrame', payload
        FROM holder, jsonb_array_elements(${JSON.stringify(payloads)}::jsonb) WITH ORDINALITY AS p (payload, place)
        RETURNING run_id, seq
      )
      SELECT max(seq) AS seq, pg_notify('azimuth_event', run_id || ':' || max(seq)) FROM appended GROUP BY run_id`;
  }

  async start(held: Held, row: Pick<EditRow, 'shifts' | 'provenance' | 'requestHash' | 'options'>): Promise<void> {
    // Locked, so that nobody takes the run between the look and the write.
    const runHeld = sql`(SELECT id FROM ${run} WHERE id = ${held.runId} AND epoch = ${held.epoch} FOR NO KEY UPDATE)`;
    const started = await this.database
      .update(edit)
      .set({ ...row, shifts: [...row.shifts] })
      .where(sql`${edit.runId} = ${runHeld}`)
      .returning({ runId: edit.runId });
    if (started.length === 0) throw new StaleEpochError(held.runId, held.epoch);
  }

  /** What an edit with the same request hash left; null if none has yet, or its frames are not kept any more. */
  async outcomeOf(requestHash: string): Promise<EditOutcome | null> {
    const [known] = await this.database
      .select()
      .from(edit)
      .innerJoin(run, eq(run.id, edit.runId))
      .where(and(eq(edit.requestHash, requestHash), eq(run.status, 'SUCCEEDED'), isNull(edit.rerunOfId)))
      .orderBy(desc(run.finishedAt))
      .limit(1);
    const { resultImageId, originalImageId, reconstructionPsnr } = known?.edit ?? {};
    if (!known || !resultImageId || !originalImageId) return null;
    // Its log as well: without it nobody knows which frames there were.
    if (known.run.firstSeq > 1) return null;
    const frames = await this.frames(known.run.id);
    const named = frames.flatMap(({ imageId, originalId, differenceId }) => [imageId, originalId, differenceId]);
    if (
      !(await touchImages(
        this.database,
        named.filter((id) => typeof id === 'string'),
      ))
    )
      return null;
    return { resultImageId, originalImageId, reconstructionPsnr: reconstructionPsnr ?? null, frames };
  }

  /** Ends an edit with what another one left. */
  async repeat(held: Held, { frames, ...outcome }: EditOutcome, announced: ReadonlySet<string>): Promise<void> {
    const fresh = frames.filter((payload) => !announced.has(frameKey(payload)));
    await this.database.transaction(async (tx) => {
      for (const payload of fresh) await appendEvent(tx, { ...held, type: 'EditFrame', payload });
      await this.end(tx, held, outcome);
    });
  }

  /** Result and final status, together. */
  async finish(held: Held, result: NewImage, original: NewImage, reconstructionPsnr: number | null): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [{ id: resultImageId }, { id: originalImageId }] = (await putImages(tx, [result, original])) as [
        ImageRow,
        ImageRow,
      ];
      await this.end(tx, held, { resultImageId, originalImageId, reconstructionPsnr });
    });
  }

  private async end(tx: Queryable, held: Held, outcome: Omit<EditOutcome, 'frames'>): Promise<void> {
    const { resultImageId: resultId, originalImageId: originalId } = outcome;
    await tx.update(edit).set(outcome).where(eq(edit.runId, held.runId));
    await appendEvent(tx, { ...held, type: 'EditFinished', payload: { resultId, originalId } });
    await setStatus(tx, { ...held, status: 'SUCCEEDED', error: null });
  }

  /** Something that came up after the edit ended, under the epoch that it ended in: nobody takes over what is over. */
  async warn(runId: string, warning: string): Promise<void> {
    const added = sql`${edit.warnings} || ${JSON.stringify([warning])}::jsonb`;
    await this.database.update(edit).set({ warnings: added }).where(eq(edit.runId, runId));
  }

  /** An image and its bytes. */
  async image(id: string): Promise<{ row: ImageRow; bytes: Uint8Array }> {
    const [row] = await this.database.select().from(image).where(eq(image.id, id));
    const bytes = row ? await readBlob(this.database, row.blobHash) : null;
    if (!row || !bytes) throw new Error(`image ${id} is gone`);
    return { row, bytes };
  }

  /** Found: it counts as used today. */
  async inversion({ imageId, modelHash, samplingSteps, fit }: InversionKey): Promise<InversionFacts | null> {
    const place = and(
      eq(inversion.imageId, imageId),
      eq(inversion.modelHash, modelHash),
      eq(inversion.samplingSteps, samplingSteps),
      eq(inversion.fit, fit),
    );
    const [row] = await this.database
      .select({ latentsHash: inversion.latentsHash, psnr: inversion.psnr, usedAt: inversion.usedAt })
      .from(inversion)
      .where(place);
    if (!row) return null;
    const { usedAt, ...facts } = row;
    if (Date.now() - usedAt.getTime() > DAY_MS)
      await this.database.update(inversion).set({ usedAt: sql`now()` }).where(place);
    return facts;
  }

  /** Keeps an inversion; the one that is there first stays, whoever made it. */
  async saveInversion(key: InversionKey, { latents, psnr }: { latents: Uint8Array; psnr: number }) {
    return this.database.transaction(async (tx): Promise<InversionFacts> => {
      const latentsHash = await putBlob(tx, latents);
      await tx
        .insert(inversion)
        .values({ ...key, latentsHash, psnr })
        .onConflictDoNothing();
      return { latentsHash, psnr };
    });
  }

  /** A direction made of others; `id` is chosen by whoever asked for it, so that asking again finds it. */
  async saveMerged(row: typeof direction.$inferInsert & { merge: MergeRow }, parameters: Uint8Array): Promise<void> {
    await this.database.transaction(async (tx) => {
      const parametersHash = await putBlob(tx, parameters);
      await tx
        .insert(direction)
        .values({ ...row, parametersHash })
        .onConflictDoNothing();
    });
  }
}

/** A frame's place in its edit. */
export function frameKey({ coarse, stepIndex }: Record<string, unknown>): string {
  return `${coarse === true ? 'coarse' : 'full'} ${stepIndex}`;
}
