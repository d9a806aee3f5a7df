import { and, eq, inArray, ne, type SQL, sql } from 'drizzle-orm';
import type { Database, Queryable } from './connection.js';
import { insertImported, NO_STATISTICS, putDirectionFile } from './direction-files.js';
import { directionsOfDiscovery } from './discoveries.js';
import { EditWork } from './edit-work.js';
import { StaleEpochError } from './errors.js';
import { appendEvent } from './events.js';
import { handOver } from './hand-over.js';
import { putBlob, putImage, putImages, readBlob, touchBlobs } from './images.js';
import { modelsWithoutFiles, noteUnseen, putFilesOfModel, type StoredModel } from './model-files.js';
import { setStatus, takeToRun } from './run-status.js';
import { checkpoint, direction, discovery, event, filmstrip, gallery, model, modelStage, run } from './tables.js';
import type {
  DirectionFileRow,
  DirectionRow,
  DiscoveryRow,
  EventTypeName,
  FidelityBaselineRow,
  FidelityPointRow,
  ImageRow,
  ModelReportRow,
  ModelRow,
  ModelStageRow,
  RunErrorRow,
  RunStatus,
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

export type NewImage = { bytes: Uint8Array; width: number; height: number; contentType: string };

/** A run in somebody's hands: every write names the epoch it was taken under, and is refused once that is over. */
export interface Held {
  readonly runId: string;
  readonly epoch: number;
}

type StageChange = Pick<ModelStageRow, 'modelId' | 'name' | 'status'> & Partial<ModelStageRow>;

async function putStage(tx: Queryable, stage: StageChange, where?: SQL): Promise<void> {
  const { modelId: _, name: __, ...set } = stage;
  const target = [modelStage.modelId, modelStage.name];
  await tx
    .insert(modelStage)
    .values(stage)
    .onConflictDoUpdate(where ? { target, set, setWhere: where } : { target, set });
}

/** What a worker does to runs. Each function is one transaction. */
export class Work {
  /** What it does to edits. */
  readonly edits: EditWork;

  constructor(private readonly database: Database) {
    this.edits = new EditWork(database);
  }

  /** As {@link takeToRun}. */
  take(runId: string, workerId: string): Promise<Held | null> {
    return takeToRun(this.database, runId, workerId);
  }

  setStatus(held: Held, status: RunStatus, error: RunErrorRow | null = null): Promise<void> {
    return setStatus(this.database, { ...held, status, error });
  }

  /** As {@link handOver}, in a transaction of its own. */
  handOver(held: Held, decide: (tx: Queryable) => Promise<RunErrorRow | null>): Promise<boolean> {
    return this.database.transaction((tx) => handOver(tx, held, () => decide(tx)));
  }

  /** Ends a run that nobody will retry. */
  async giveUp(held: Held, error: RunErrorRow): Promise<void> {
    await this.handOver(held, async () => error);
  }

  /** What somebody wants of a run that a worker has, and whether it still has it. */
  async requested({ runId, epoch }: Held): Promise<{ cancel: boolean; pause: boolean; lost: boolean }> {
    const columns = { cancel: run.cancelRequested, pause: run.pauseRequested, epoch: run.epoch };
    const [row] = await this.database.select(columns).from(run).where(eq(run.id, runId));
    return { cancel: row?.cancel ?? false, pause: row?.pause ?? false, lost: row?.epoch !== epoch };
  }

  append(held: Held, type: EventTypeName, payload: Record<string, unknown>): Promise<number> {
    return appendEvent(this.database, { ...held, type, payload });
  }

  async model(id: string): Promise<ModelRow> {
    const [row] = await this.database.select().from(model).where(eq(model.id, id));
    if (!row) throw new Error(`model ${id} is gone`);
    return row;
  }

  async finishImport(
    held: Held,
    description: Partial<ModelRow>,
    andThen: (tx: Queryable) => Promise<void>,
    stages: readonly Omit<ModelStageRow, 'modelId'>[] = [],
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { hShape, ...rest } = description;
      await this.requireHeld(tx, held);
      await tx
        .update(model)
        .set({ ...rest, ...(hShape ? { hShape: [...hShape] } : {}), status: 'READY' })
        .where(eq(model.id, held.runId));
      for (const stage of stages) await putStage(tx, { ...stage, modelId: held.runId });
      await setStatus(tx, { ...held, status: 'SUCCEEDED', error: null });
      await andThen(tx);
    });
  }

  /** READY models whose files are not in the store. */
  modelsWithoutFiles(): Promise<ModelRow[]> {
    return modelsWithoutFiles(this.database);
  }

  /** Of a model that is READY: its files are what they are, whoever stored them. */
  async putFilesOfModel(modelId: string, stored: StoredModel): Promise<void> {
    await this.database.transaction((tx) => putFilesOfModel(tx, modelId, stored));
  }

  /** As {@link noteUnseen}. */
  noteUnseen(modelId: string, workerId: string): Promise<boolean> {
    return noteUnseen(this.database, modelId, workerId);
  }

  /** Where a model came from, once that is known exactly. */
  async setSource(held: Held, source: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.requireHeld(tx, held);
      await tx.update(model).set({ source }).where(eq(model.id, held.runId));
    });
  }

  /** Whether a model is loaded from there. */
  async isModelAt(path: string): Promise<boolean> {
    const rows = await this.database.select({ id: model.id }).from(model).where(eq(model.path, path)).limit(1);
    return rows.length > 0;
  }

  async stage(modelId: string, name: ModelStageRow['name']): Promise<ModelStageRow | null> {
    const [row] = await this.database
      .select()
      .from(modelStage)
      .where(and(eq(modelStage.modelId, modelId), eq(modelStage.name, name)));
    return row ?? null;
  }

  /**
   * How far a stage is; what is left out stays as it was. No run is behind it, and so no epoch: one that is DONE stays so, and
   * a worker that stalled and comes back can only say of it what is true again once it has ended.
   */
  putStage(stage: StageChange): Promise<void> {
    return putStage(this.database, stage, ne(modelStage.status, 'DONE'));
  }

  /** As {@link putStage}, of what a run does. */
  async putStageOf(held: Held, stage: StageChange): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.requireHeld(tx, held);
      await putStage(tx, stage);
    });
  }

  /** Adds what was measured after the import to the report; by whomever, it is measured of the same files. */
  async extendReport(modelId: string, part: Partial<ModelReportRow>): Promise<void> {
    await this.database
      .update(model)
      .set({ report: sql`${model.report} || ${JSON.stringify(part)}::jsonb` })
      .where(eq(model.id, modelId));
  }

  /** One picture of the gallery: of this model and its position's seed, whoever makes it. */
  async putSample(modelId: string, position: number, picture: NewImage): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { id: imageId } = await putImage(tx, picture);
      await tx
        .insert(gallery)
        .values({ modelId, position, imageId })
        .onConflictDoUpdate({ target: [gallery.modelId, gallery.position], set: { imageId } });
    });
  }

  async discovery(runId: string): Promise<DiscoveryRow & { statisticsHash: string | null }> {
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

  async startTraining(held: Held, facts: { device: string; resumedFromStep: number | null }): Promise<void> {
    const { device, resumedFromStep } = facts;
    await this.database.transaction(async (tx) => {
      await this.requireHeld(tx, held);
      await tx
        .update(discovery)
        .set({ device, ...(resumedFromStep === null ? {} : { resumedFromStep }) })
        .where(eq(discovery.runId, held.runId));
    });
  }

  async trainingStep(
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
      await this.requireHeld(tx, held);
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
    const bytes = await this.blob(known.hash);
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
      await this.requireHeld(tx, held);
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
      await this.requireHeld(tx, held);
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

  directions(ids: readonly string[]): Promise<DirectionRow[]> {
    return ids.length === 0
      ? Promise.resolve([])
      : this.database
          .select()
          .from(direction)
          .where(inArray(direction.id, [...ids]));
  }

  /** Content-addressed, as is all that has no run behind it: a worker that comes back late changes nothing that is there. */
  putDirectionFile(bytes: Uint8Array): Promise<DirectionFileRow> {
    return this.database.transaction((tx) => putDirectionFile(tx, bytes));
  }

  /** Directions of a file, ids in its order. New rows, of a question that is asked once and not tried again. */
  importDirections(
    modelId: string,
    bytes: Uint8Array,
    content: Parameters<typeof insertImported>[3],
  ): Promise<string[]> {
    return this.database.transaction((tx) => insertImported(tx, modelId, bytes, content));
  }

  directionsOf(discoveryId: string): Promise<DirectionRow[]> {
    return directionsOfDiscovery(this.database, discoveryId);
  }

  async blob(hash: string): Promise<Uint8Array> {
    const bytes = await readBlob(this.database, hash);
    if (!bytes) throw new Error(`blob ${hash} is gone`);
    return bytes;
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

  private async requireHeld(tx: Queryable, { runId, epoch }: Held): Promise<void> {
    const [row] = await tx.select({ epoch: run.epoch }).from(run).where(eq(run.id, runId)).for('update');
    if (row?.epoch !== epoch) throw new StaleEpochError(runId, epoch);
  }
}
