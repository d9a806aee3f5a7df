import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Role } from '../access/role.js';
import type {
  DeviceRow,
  DiscoveryConfigRow,
  EditOptionsRow,
  EventTypeName,
  FidelityBaselineRow,
  FidelityPointRow,
  HubRefRow,
  MergeRow,
  ModelReportRow,
  ModelStageRow,
  RunErrorRow,
  RunKind,
  RunStatus,
  ShiftRow,
  StrengthRangeRow,
} from './types.js';

const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  fromDriver: (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
});
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

/** What discoveries, edits and imports have in common. A model's import has the model's id. */
export const run = pgTable(
  'run',
  {
    id: uuid('id').primaryKey(),
    kind: text('kind').$type<RunKind>().notNull(),
    status: text('status').$type<RunStatus>().notNull(),
    error: jsonb('error').$type<RunErrorRow>(),
    epoch: integer('epoch').notNull().default(0),
    lastSeq: integer('last_seq').notNull().default(0),
    /** The first event from which on all are kept; above 1 once old ones were removed. */
    firstSeq: integer('first_seq').notNull().default(1),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    pauseRequested: boolean('pause_requested').notNull().default(false),
    workerId: uuid('worker_id'),
    /** Of whoever started it; null on an open server. */
    tokenId: uuid('token_id'),
    idempotencyKey: text('idempotency_key'),
    fingerprint: text('fingerprint'),
    createdAt: instant('created_at').notNull().default(sql`now()`),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    uniqueIndex('run_idempotency').on(table.kind, table.idempotencyKey),
    index('run_newest').on(table.kind, table.createdAt, table.id),
    index('run_worker').on(table.workerId),
    // Few at any time: what limits are counted from.
    index('run_unfinished').on(table.status, table.tokenId).where(sql`status IN ('QUEUED', 'RUNNING', 'PAUSED')`),
    // What has its log yet, by when that may go.
    index('run_log').on(table.finishedAt).where(sql`first_seq = 1`),
  ],
);

export const model = pgTable('model', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  source: text('source').notNull(),
  status: text('status').$type<'IMPORTING' | 'READY' | 'FAILED'>().notNull(),
  error: jsonb('error').$type<RunErrorRow>(),
  hash: text('hash'),
  resolution: integer('resolution').notNull().default(0),
  channels: integer('channels').notNull().default(0),
  parameterCount: bigint('parameter_count', { mode: 'number' }).notNull().default(0),
  hShape: jsonb('h_shape').$type<number[]>().notNull().default([]),
  hTap: text('h_tap').notNull().default(''),
  trainTimesteps: integer('train_timesteps').notNull().default(0),
  betaSchedule: text('beta_schedule').notNull().default(''),
  predictionType: text('prediction_type').notNull().default(''),
  hub: jsonb('hub').$type<HubRefRow>(),
  path: text('path'),
  tapChoice: text('tap_choice'),
  report: jsonb('report').$type<ModelReportRow>(),
  /** Of its stored files, the one or the folder ('') that is loaded; null where none are stored. */
  entry: text('entry'),
  /** Workers that do not see its source. */
  notSeenBy: jsonb('not_seen_by').$type<string[]>().notNull().default([]),
  createdAt: instant('created_at').notNull().default(sql`now()`),
});

/** Files that a model is loaded from, by path within its folder; their bytes are in the file store. */
export const modelFile = pgTable(
  'model_file',
  {
    modelId: uuid('model_id')
      .notNull()
      .references(() => model.id),
    path: text('path').notNull(),
    hash: text('hash').notNull(),
    byteSize: bigint('byte_size', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.path] })],
);

/** Files that are whole in this database; the key is the SHA-256 of their bytes. */
export const storedFile = pgTable('stored_file', {
  hash: text('hash').primaryKey(),
  byteSize: bigint('byte_size', { mode: 'number' }).notNull(),
  createdAt: instant('created_at').notNull().default(sql`now()`),
});

/** Pieces of a file, 0, 1, 2 …; too large ones would have to be in memory whole. */
export const fileChunk = pgTable(
  'file_chunk',
  {
    hash: text('hash').notNull(),
    place: integer('place').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hash, table.place] })],
);

/** What is done of a model after its import, and how far it is. */
export const modelStage = pgTable(
  'model_stage',
  {
    modelId: uuid('model_id')
      .notNull()
      .references(() => model.id),
    name: text('name').$type<ModelStageRow['name']>().notNull(),
    status: text('status').$type<ModelStageRow['status']>().notNull(),
    done: doublePrecision('done').notNull().default(0),
    total: doublePrecision('total').notNull().default(0),
    estimatedSeconds: doublePrecision('estimated_seconds'),
    message: text('message'),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.name] })],
);

export const discovery = pgTable(
  'discovery',
  {
    runId: uuid('run_id')
      .primaryKey()
      .references(() => run.id),
    modelId: uuid('model_id')
      .notNull()
      .references(() => model.id),
    config: jsonb('config').$type<DiscoveryConfigRow>().notNull(),
    step: integer('step').notNull().default(0),
    totalSteps: integer('total_steps').notNull(),
    secondsPerStep: doublePrecision('seconds_per_step'),
    peakMemoryBytes: doublePrecision('peak_memory_bytes'),
    device: text('device'),
    resumedFromStep: integer('resumed_from_step'),
    statisticsHash: text('statistics_hash'),
  },
  (table) => [index('discovery_model').on(table.modelId), index('discovery_statistics').on(table.statisticsHash)],
);

export const direction = pgTable(
  'direction',
  {
    id: uuid('id').primaryKey(),
    modelId: uuid('model_id')
      .notNull()
      .references(() => model.id),
    discoveryId: uuid('discovery_id').references(() => discovery.runId),
    origin: text('origin').$type<'LEARNED' | 'PCA' | 'JACOBIAN' | 'RANDOM' | 'IMPORTED' | 'MERGED'>().notNull(),
    index: integer('index').notNull(),
    version: integer('version').notNull().default(0),
    kind: text('kind').notNull(),
    reverseProcess: text('reverse_process').notNull(),
    samplingSteps: integer('sampling_steps').notNull(),
    name: text('name').notNull(),
    tags: jsonb('tags').$type<string[]>().notNull().default([]),
    favourite: boolean('favourite').notNull().default(false),
    hidden: boolean('hidden').notNull().default(false),
    accuracy: doublePrecision('accuracy'),
    strengthError: doublePrecision('strength_error'),
    monotonicity: doublePrecision('monotonicity'),
    effectSize: doublePrecision('effect_size'),
    uniqueness: doublePrecision('uniqueness'),
    score: doublePrecision('score'),
    dead: boolean('dead').notNull().default(false),
    duplicateOfId: uuid('duplicate_of_id'),
    fidelity: jsonb('fidelity').$type<FidelityPointRow[]>().notNull().default([]),
    fidelityBaseline: jsonb('fidelity_baseline').$type<FidelityBaselineRow>(),
    strengthRange: jsonb('strength_range').$type<StrengthRangeRow>(),
    merge: jsonb('merge').$type<MergeRow>(),
    statisticsHash: text('statistics_hash'),
    parametersHash: text('parameters_hash'),
  },
  (table) => [
    uniqueIndex('direction_place').on(table.discoveryId, table.index),
    index('direction_model').on(table.modelId),
    index('direction_parameters').on(table.parametersHash),
    index('direction_statistics').on(table.statisticsHash),
  ],
);

export const edit = pgTable(
  'edit',
  {
    runId: uuid('run_id')
      .primaryKey()
      .references(() => run.id),
    modelId: uuid('model_id')
      .notNull()
      .references(() => model.id),
    seed: bigint('seed', { mode: 'number' }),
    imageId: uuid('image_id'),
    shifts: jsonb('shifts').$type<ShiftRow[]>().notNull(),
    samplingSteps: integer('sampling_steps').notNull(),
    reverseProcess: text('reverse_process').notNull(),
    eta: doublePrecision('eta').notNull(),
    previewEvery: integer('preview_every').notNull(),
    previewSize: integer('preview_size'),
    originalImageId: uuid('original_image_id'),
    resultImageId: uuid('result_image_id'),
    warnings: jsonb('warnings').$type<string[]>().notNull().default([]),
    provenance: jsonb('provenance').$type<Record<string, unknown>>().notNull().default({}),
    options: jsonb('options').$type<EditOptionsRow>().notNull().default({}),
    reconstructionPsnr: doublePrecision('reconstruction_psnr'),
    /** SHA-256 of everything that determines the bytes of result and frames; null until the edit has started. */
    requestHash: text('request_hash'),
    /** The first edit of the sweep that it is part of. */
    sweepId: uuid('sweep_id'),
    rerunOfId: uuid('rerun_of_id'),
  },
  (table) => [
    index('edit_model').on(table.modelId),
    index('edit_request').on(table.requestHash),
    index('edit_sweep').on(table.sweepId),
    index('edit_pinned').using('gin', sql`shifts jsonb_path_ops`),
    index('edit_image').on(table.imageId),
    index('edit_original').on(table.originalImageId),
    index('edit_result').on(table.resultImageId),
  ],
);

/** Where sampling starts in order to arrive at an image: the latents are a blob. */
export const inversion = pgTable(
  'inversion',
  {
    imageId: uuid('image_id').notNull(),
    modelHash: text('model_hash').notNull(),
    samplingSteps: integer('sampling_steps').notNull(),
    fit: text('fit').notNull(),
    latentsHash: text('latents_hash')
      .notNull()
      .references(() => blob.hash),
    psnr: doublePrecision('psnr').notNull(),
    /** To the day. */
    usedAt: instant('used_at').notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({ columns: [table.imageId, table.modelHash, table.samplingSteps, table.fit] }),
    index('inversion_latents').on(table.latentsHash),
  ],
);

/** Append-only; seq is 1, 2, 3 … for each run, without gaps. */
export const event = pgTable(
  'event',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => run.id),
    seq: integer('seq').notNull(),
    at: instant('at').notNull().default(sql`clock_timestamp()`),
    type: text('type').$type<EventTypeName>().notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seq] })],
);

/** Content-addressed bytes; the key is their SHA-256. `createdAt` is when they were last stored, or last lost a row that named them. */
export const blob = pgTable('blob', {
  hash: text('hash').primaryKey(),
  bytes: bytea('bytes').notNull(),
  createdAt: instant('created_at').notNull().default(sql`now()`),
});

export const image = pgTable(
  'image',
  {
    id: uuid('id').primaryKey(),
    /** There is no such blob any more where the image has expired. */
    blobHash: text('blob_hash').notNull(),
    width: integer('width').notNull(),
    height: integer('height').notNull(),
    contentType: text('content_type').notNull(),
  },
  (table) => [index('image_blob').on(table.blobHash)],
);

/** Files of directions that were exported or uploaded. */
export const directionFile = pgTable('direction_file', {
  hash: text('hash')
    .primaryKey()
    .references(() => blob.hash),
  byteSize: bigint('byte_size', { mode: 'number' }).notNull(),
  createdAt: instant('created_at').notNull().default(sql`now()`),
});

/** The last training checkpoint of a discovery. */
export const checkpoint = pgTable('checkpoint', {
  runId: uuid('run_id')
    .primaryKey()
    .references(() => run.id),
  step: integer('step').notNull(),
  state: bytea('state').notNull(),
});

/** Samples of a model, by seed. */
export const gallery = pgTable(
  'gallery',
  {
    modelId: uuid('model_id')
      .notNull()
      .references(() => model.id),
    position: integer('position').notNull(),
    imageId: uuid('image_id')
      .notNull()
      .references(() => image.id),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.position] }), index('gallery_image').on(table.imageId)],
);

/** A stored traversal of a direction, by strength. */
export const filmstrip = pgTable(
  'filmstrip',
  {
    directionId: uuid('direction_id')
      .notNull()
      .references(() => direction.id),
    position: integer('position').notNull(),
    strength: doublePrecision('strength').notNull(),
    imageId: uuid('image_id')
      .notNull()
      .references(() => image.id),
  },
  (table) => [primaryKey({ columns: [table.directionId, table.position] }), index('filmstrip_image').on(table.imageId)],
);

export const worker = pgTable('worker', {
  id: uuid('id').primaryKey(),
  seenAt: instant('seen_at').notNull().default(sql`now()`),
  devices: jsonb('devices').$type<DeviceRow[]>().notNull(),
});

/** Bearer tokens. One that was revoked stays, since runs name it. */
export const token = pgTable('token', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  /** SHA-256 (hex) of the secret. */
  hash: text('hash').notNull().unique('token_hash'),
  createdAt: instant('created_at').notNull().default(sql`now()`),
  expiresAt: instant('expires_at'),
  revokedAt: instant('revoked_at'),
});

/** Keys of signed URLs; the newest signs. */
export const signingKey = pgTable('signing_key', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  secret: bytea('secret').notNull(),
  createdAt: instant('created_at').notNull().default(sql`now()`),
});

/** What a worker tells of itself, for Prometheus. Beside its row, which is written far more often. */
export const workerReport = pgTable('worker_report', {
  workerId: uuid('worker_id').primaryKey(),
  reportedAt: instant('reported_at').notNull().default(sql`now()`),
  metrics: jsonb('metrics').$type<unknown[]>().notNull(),
});
