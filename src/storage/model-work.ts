import { and, eq, ne, type SQL, sql } from 'drizzle-orm';
import type { Database, Queryable } from './connection.js';
import { type Held, requireHeld } from './held.js';
import type { NewImage } from './images.js';
import { putImage } from './images.js';
import { modelsWithoutFiles, noteUnseen, putFilesOfModel, type StoredModel } from './model-files.js';
import { setStatus } from './run-status.js';
import { gallery, model, modelStage } from './tables.js';
import type { ModelReportRow, ModelRow, ModelStageRow } from './types.js';

type StageChange = Pick<ModelStageRow, 'modelId' | 'name' | 'status'> & Partial<ModelStageRow>;

async function putStage(tx: Queryable, stage: StageChange, where?: SQL): Promise<void> {
  const { modelId: _, name: __, ...set } = stage;
  const target = [modelStage.modelId, modelStage.name];
  await tx
    .insert(modelStage)
    .values(stage)
    .onConflictDoUpdate(where ? { target, set, setWhere: where } : { target, set });
}

/** What a worker does to models. Each function is one transaction. */
export class ModelWork {
  constructor(private readonly database: Database) {}

  async row(id: string): Promise<ModelRow> {
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
      await requireHeld(tx, held);
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
      await requireHeld(tx, held);
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
      await requireHeld(tx, held);
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
}
