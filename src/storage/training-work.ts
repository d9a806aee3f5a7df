import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import type { Database, Queryable } from './connection.js';
import { NO_STATISTICS } from './direction-files.js';
import { directionsOfDiscovery } from './discoveries.js';
import { appendEvent } from './events.js';
import { type Held, requireHeld } from './held.js';
import { type NewImage, putBlob, putImages, requireBlob, touchBlobs } from './images.js';
import { setStatus } from './run-status.js';
import { checkpoint, direction, discovery, event, filmstrip, run } from './tables.js';
import type {
  DiscoveryRow,
  EventTypeName,
  FidelityBaselineRow,
  FidelityPointRow,
  ImageRow,
  StrengthRangeRow,
} from './types.js';

/** What was measured of one direction of a discovery. */
export interface ScoreRow {
  readonly index: number;
  readonly accuracy: number;
  readonly strengthError: number;
  readonly effectSize: number;
  readonly monotonicity?: number;
  readonly uniqueness?: number;
  readonly dead?: boolean;
  /** Index of another direction. */
  readonly duplicateOf?: number | null;
  readonly score?: number;
  readonly fidelity?: readonly FidelityPointRow[];
  readonly fidelityBaseline?: FidelityBaselineRow | null;
  readonly strengthRange?: StrengthRangeRow | null;
}

/** What a worker does to discoveries. Each function is one transaction. */
export class TrainingWork {
  constructor(private readonly database: Database) {}

  async row(runId: string): Promise<DiscoveryRow & { statisticsHash: string | null }> {
    const [row] = await this.database
      .select()
      .from(discovery)
      .innerJoin(run, eq(run.id, discovery.runId))
      .where(eq(discovery.runId, runId));
    if (!row) throw new Error(`discovery ${runId} is gone`);
    return { ...row.discovery, ...row.run };
  }

  async checkpoint(runId: string): Promise<{ step: number; state: Uint8Array } | null> {
    const [row] = await this.database.select().from(checkpoint).where(eq(checkpoint.runId, runId));
    return row ?? null;
  }

  /** What the log already says, so that steps computed again are not announced again. */
  async announced(runId: string): Promise<{ step: number; preview: number; checkpoint: number; scorecard: number }> {
    const rows = await this.database
      .select({ type: event.type, step: sql<number>`max((${event.payload}->>'step')::int)` })
      .from(event)
      .where(
        and(
          eq(event.runId, runId),
          inArray(event.type, ['TrainingStep', 'TrainingPreview', 'CheckpointSaved', 'ScorecardUpdated']),
        ),
      )
      .groupBy(event.type);
    const highest = (type: EventTypeName) => rows.find((row) => row.type === type)?.step ?? 0;
    return {
      step: highest('TrainingStep'),
      preview: highest('TrainingPreview'),
      checkpoint: highest('CheckpointSaved'),
      scorecard: highest('ScorecardUpdated'),
    };
  }

  /** Previews of `step` already announced, by sampling step. */
  async announcedPreviews(runId: string, step: number): Promise<number> {
    const of = and(
      eq(event.runId, runId),
      eq(event.type, 'TrainingPreview'),
      sql`(${event.payload}->>'step')::int = ${step}`,
    );
    return (await this.database.select({ seq: event.seq }).from(event).where(of)).length;
  }

  async start(held: Held, facts: { device: string; resumedFromStep: number | null }): Promise<void> {
    const { device, resumedFromStep } = facts;
    await this.database.transaction(async (tx) => {
      await requireHeld(tx, held);
      await tx
        .update(discovery)
        .set({ device, ...(resumedFromStep === null ? {} : { resumedFromStep }) })
        .where(eq(discovery.runId, held.runId));
    });
  }

  async step(
    held: Held,
    payload: { step: number; secondsPerStep: number; peakMemoryBytes: number } & Record<string, unknown>,
  ): Promise<void> {
    const { step, secondsPerStep, peakMemoryBytes } = payload;
    await this.database.transaction(async (tx) => {
      await appendEvent(tx, { ...held, type: 'TrainingStep', payload });
      await tx.update(discovery).set({ step, secondsPerStep, peakMemoryBytes }).where(eq(discovery.runId, held.runId));
    });
  }

  async preview(held: Held, payload: Record<string, unknown>, original: NewImage, shifted: NewImage): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [first, second] = (await putImages(tx, [original, shifted])) as [ImageRow, ImageRow];
      await appendEvent(tx, {
        ...held,
        type: 'TrainingPreview',
        payload: { ...payload, originalId: first.id, shiftedId: second.id },
      });
    });
  }

  async saveStatistics(held: Held, bytes: Uint8Array): Promise<void> {
    await this.database.transaction(async (tx) => {
      const statisticsHash = await putBlob(tx, bytes);
      await requireHeld(tx, held);
      await tx.update(discovery).set({ statisticsHash }).where(eq(discovery.runId, held.runId));
      await tx.update(direction).set({ statisticsHash }).where(eq(direction.discoveryId, held.runId));
    });
  }

  /** What another discovery measured of the same model, the latest first since it may know more; null if none has yet. */
  async adoptStatistics(held: Held, modelId: string): Promise<Uint8Array | null> {
    const [known] = await this.database
      .select({ hash: direction.statisticsHash })
      .from(direction)
      .leftJoin(run, eq(run.id, direction.discoveryId))
      // Compared with null, nothing is true.
      .where(and(eq(direction.modelId, modelId), ne(direction.statisticsHash, NO_STATISTICS)))
      .orderBy(sql`${run.createdAt} desc nulls last`)
      .limit(1);
    if (!known?.hash) return null;
    const bytes = await requireBlob(this.database, known.hash);
    await this.saveStatistics(held, bytes);
    return bytes;
  }

  /** State to resume from and directions to edit with, both of one step; `announce`: the log does not have it yet. */
  async saveCheckpoint(
    held: Held,
    step: number,
    state: Uint8Array,
    parameters: Uint8Array,
    announce: boolean,
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      await requireHeld(tx, held);
      await tx
        .insert(checkpoint)
        .values({ runId: held.runId, step, state })
        .onConflictDoUpdate({ target: checkpoint.runId, set: { step, state } });
      await this.keepParameters(tx, held.runId);
      const parametersHash = await putBlob(tx, parameters);
      await tx.update(direction).set({ parametersHash, version: step }).where(eq(direction.discoveryId, held.runId));
      if (announce) await appendEvent(tx, { ...held, type: 'CheckpointSaved', payload: { step } });
    });
  }

  /** For a while: an edit may have read which ones the directions have, and not yet said that it runs with them. */
  private async keepParameters(tx: Queryable, discoveryId: string): Promise<void> {
    const of = tx.selectDistinct({ hash: direction.parametersHash }).from(direction);
    const rows = await of.where(eq(direction.discoveryId, discoveryId));
    await touchBlobs(
      tx,
      rows.flatMap(({ hash }) => hash ?? []),
    );
  }

  /** Scores by index; what a score leaves out stays as it was. */
  async saveScores(held: Held, step: number, scores: readonly ScoreRow[], announce: boolean): Promise<void> {
    await this.database.transaction(async (tx) => {
      await requireHeld(tx, held);
      const all = await directionsOfDiscovery(tx, held.runId);
      const idOf = new Map(all.map(({ id, index }) => [index, id]));
      for (const { index, duplicateOf, fidelity, ...measures } of scores) {
        const twin = duplicateOf === undefined ? {} : { duplicateOfId: idOf.get(duplicateOf ?? -1) ?? null };
        await tx
          .update(direction)
          .set({ ...measures, ...twin, ...(fidelity ? { fidelity: [...fidelity] } : {}) })
          .where(and(eq(direction.discoveryId, held.runId), eq(direction.index, index)));
      }
      const directionIds = scores.flatMap(({ index }) => idOf.get(index) ?? []);
      if (announce) await appendEvent(tx, { ...held, type: 'ScorecardUpdated', payload: { step, directionIds } });
    });
  }

  async finish(held: Held, andThen: (tx: Queryable) => Promise<void>): Promise<void> {
    await this.database.transaction(async (tx) => {
      await setStatus(tx, { ...held, status: 'SUCCEEDED', error: null });
      await andThen(tx);
    });
  }

  /** Of a discovery that is over: its parameters do not change, and pictures of them are the same by whomever. */
  async putFilmstrip(directionId: string, strengths: readonly number[], images: readonly NewImage[]): Promise<void> {
    await this.database.transaction(async (tx) => {
      for (const [position, { id: imageId }] of (await putImages(tx, images)).entries()) {
        const row = { directionId, position, strength: strengths[position] ?? 0, imageId };
        await tx
          .insert(filmstrip)
          .values(row)
          .onConflictDoUpdate({ target: [filmstrip.directionId, filmstrip.position], set: row });
      }
    });
  }
}
