import { inArray } from 'drizzle-orm';
import { batched, inOrder } from './batched.js';
import type { Database, Queryable } from './connection.js';
import { insertImported, putDirectionFile } from './direction-files.js';
import { directionsOfDiscovery } from './discoveries.js';
import { EditWork } from './edit-work.js';
import { appendEvent } from './events.js';
import { handOver } from './hand-over.js';
import type { Held } from './held.js';
import { requireBlob } from './images.js';
import { ModelWork } from './model-work.js';
import { setStatus, takeToRun } from './run-status.js';
import { direction, run } from './tables.js';
import { TrainingWork } from './training-work.js';
import type { DirectionFileRow, DirectionRow, EventTypeName, RunErrorRow, RunStatus } from './types.js';

/** What a worker does to runs. Each function is one transaction. */
export class Work {
  readonly models: ModelWork;
  readonly trainings: TrainingWork;
  readonly edits: EditWork;
  private readonly requests = batched((runIds: readonly string[]) => this.requestsOf(runIds));
  private readonly direction = batched((ids: readonly string[]) => this.directionsById(ids));

  constructor(private readonly database: Database) {
    this.models = new ModelWork(database);
    this.trainings = new TrainingWork(database);
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
    const row = await this.requests(runId);
    return { cancel: row?.cancel ?? false, pause: row?.pause ?? false, lost: row?.epoch !== epoch };
  }

  append(held: Held, type: EventTypeName, payload: Record<string, unknown>): Promise<number> {
    return appendEvent(this.database, { ...held, type, payload });
  }

  /** Those of `ids` that are there, in no order. */
  async directions(ids: readonly string[]): Promise<DirectionRow[]> {
    const found = await Promise.all([...new Set(ids)].map((id) => this.direction(id)));
    return found.filter((row) => row !== null);
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

  blob(hash: string): Promise<Uint8Array> {
    return requireBlob(this.database, hash);
  }

  private async requestsOf(runIds: readonly string[]) {
    const columns = { id: run.id, cancel: run.cancelRequested, pause: run.pauseRequested, epoch: run.epoch };
    const rows = await this.database
      .select(columns)
      .from(run)
      .where(inArray(run.id, [...runIds]));
    return inOrder(runIds, rows);
  }

  private async directionsById(ids: readonly string[]) {
    const rows = await this.database
      .select()
      .from(direction)
      .where(inArray(direction.id, [...ids]));
    return inOrder(ids, rows);
  }
}
