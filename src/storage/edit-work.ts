import { and, asc, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { batched } from './batched.js';
import type { Database } from './connection.js';
import {
  appendFrames,
  type EditEnd,
  endEdits,
  type NewFrame,
  type NewFrames,
  type Of,
  type StartedEdit,
  startEdits,
} from './edit-log.js';
import type { Held } from './held.js';
import { type NewImage, putBlob, readBlob, touchImages } from './images.js';
import { direction, edit, event, image, inversion, run } from './tables.js';
import type { EditRow, ImageFitName, ImageRow, InversionFacts, MergeRow } from './types.js';

const DAY_MS = 86_400_000;

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

/** What a worker does to edits. Each function is one transaction, which edits that ask at the same time may share. */
export class EditWork {
  private readonly begin = batched<Of<StartedEdit>, undefined>((edits) => startEdits(this.database, edits));
  private readonly append = batched<Of<NewFrames>, undefined>((edits) => appendFrames(this.database, edits));
  private readonly end = batched<Of<EditEnd>, undefined>((edits) => endEdits(this.database, edits));
  private readonly newestOf = batched((requestHashes: readonly string[]) => this.newest(requestHashes));
  private readonly framesOf = batched<string, Record<string, unknown>[]>((runIds) => this.frames(runIds));

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
    return new Set((await this.framesOf(runId)).map(frameKey));
  }

  private async frames(runIds: readonly string[]): Promise<Record<string, unknown>[][]> {
    const rows = await this.database
      .select({ runId: event.runId, payload: event.payload })
      .from(event)
      .where(and(inArray(event.runId, [...runIds]), eq(event.type, 'EditFrame')))
      .orderBy(asc(event.seq));
    return runIds.map((id) => rows.filter(({ runId }) => runId === id).map(({ payload }) => payload));
  }

  /** Appends frames with their images: a frame costs one round trip, and several cost no more. */
  appendFrames(held: Held, frames: readonly NewFrame[]): Promise<void> {
    return this.append({ held, frames });
  }

  start(held: Held, facts: StartedEdit): Promise<void> {
    return this.begin({ held, ...facts });
  }

  /** What an edit with the same request hash left; null if none has yet, or its frames are not kept any more. */
  async outcomeOf(requestHash: string): Promise<EditOutcome | null> {
    const known = await this.newestOf(requestHash);
    const { resultImageId, originalImageId, reconstructionPsnr } = known?.edit ?? {};
    if (!known || !resultImageId || !originalImageId) return null;
    // Its log as well: without it nobody knows which frames there were.
    if (known.run.firstSeq > 1) return null;
    const frames = await this.framesOf(known.run.id);
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

  private async newest(requestHashes: readonly string[]) {
    const rows = await this.database
      .selectDistinctOn([edit.requestHash])
      .from(edit)
      .innerJoin(run, eq(run.id, edit.runId))
      .where(and(inArray(edit.requestHash, [...requestHashes]), eq(run.status, 'SUCCEEDED'), isNull(edit.rerunOfId)))
      .orderBy(edit.requestHash, desc(run.finishedAt));
    const known = new Map(rows.map((row) => [row.edit.requestHash, row]));
    return requestHashes.map((hash) => known.get(hash) ?? null);
  }

  /** Ends an edit with what another one left. */
  repeat(held: Held, { frames, ...outcome }: EditOutcome, announced: ReadonlySet<string>): Promise<void> {
    const { resultImageId: result, originalImageId: original, reconstructionPsnr } = outcome;
    const fresh = frames.filter((payload) => !announced.has(frameKey(payload)));
    return this.end({ held, result, original, reconstructionPsnr, frames: fresh });
  }

  /** Result and final status, together. */
  finish(held: Held, result: NewImage, original: NewImage, reconstructionPsnr: number | null): Promise<void> {
    return this.end({ held, result, original, reconstructionPsnr, frames: [] });
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
