import { createHash } from 'node:crypto';
import { encodePicture } from '../../src/engine/picture.js';
import type { TableRow } from './dump.js';

/** What a studio's first days leave: a model, a discovery with its training, an edit, and what they show. */

export const MODEL = '00000000-0000-4000-8000-00000000000a';
export const DISCOVERY = '00000000-0000-4000-8000-00000000000d';
export const DIRECTIONS = ['00000000-0000-4000-8000-0000000000d0', '00000000-0000-4000-8000-0000000000d1'] as const;
export const EDIT = '00000000-0000-4000-8000-00000000000e';
const TOKEN = '00000000-0000-4000-8000-0000000000f0';
const [CREATED, STARTED, FINISHED] = ['2026-03-02T09:00:00Z', '2026-03-02T09:00:01.25Z', '2026-03-02T09:04:30.5Z'];
const SIZE = 16;

export async function rowsOfASmallStudio(): Promise<TableRow[]> {
  const pictures = await Promise.all([0, 1, 2, 3, 4, 5].map(picture));
  const [original, shifted, frame, result, unedited, sample] = pictures.map(({ id }) => id);
  const parameters = bytesOf('parameters');
  const statistics = bytesOf('statistics');
  return [
    ...[parameters, statistics].map(blobRow),
    ...pictures.flatMap(({ rows }) => rows),
    ...modelRows(sample),
    ...discoveryRows(hashOf(parameters), hashOf(statistics), { original, shifted }),
    ...editRows({ frame, result, unedited }, hashOf(parameters), hashOf(statistics)),
    row('token', { id: TOKEN, name: 'studio', role: 'EDIT', hash: 'ab'.repeat(32), created_at: CREATED }),
    row('signing_key', { secret: bytesOf('key'), created_at: CREATED }),
  ];
}

function modelRows(sample: string | undefined): TableRow[] {
  const schedule = { train_timesteps: 1000, beta_schedule: 'linear', prediction_type: 'epsilon' };
  const shape = { resolution: 32, channels: 3, parameter_count: 1_234_567, h_shape: [64, 4, 4], h_tap: 'mid_block' };
  const file = { path: 'unet/config.json', hash: hashOf(bytesOf('config')), byte_size: 64 };
  return [
    row('run', runOf(MODEL, 'import', 2)),
    row('model', {
      id: MODEL,
      name: 'portraits',
      source: '/models/portraits',
      path: '/models/portraits',
      status: 'READY',
      hash: 'c'.repeat(64),
      created_at: CREATED,
      ...shape,
      ...schedule,
    }),
    row('gallery', { model_id: MODEL, position: 0, image_id: sample }),
    row('model_stage', { model_id: MODEL, name: 'GALLERY', status: 'DONE', done: 1, total: 1 }),
    row('stored_file', { hash: file.hash, byte_size: 64, created_at: CREATED }),
    row('file_chunk', { hash: file.hash, place: 0, bytes: bytesOf('config') }),
    row('model_file', { model_id: MODEL, ...file }),
    status(MODEL, 1, 'QUEUED'),
    status(MODEL, 2, 'SUCCEEDED'),
  ];
}

function discoveryRows(
  parameters: string,
  statistics: string,
  images: { original?: string | undefined; shifted?: string | undefined },
): TableRow[] {
  const step = {
    step: 1,
    totalSteps: 1,
    loss: 1.25,
    classificationLoss: 1,
    strengthLoss: 0.25,
    adversarialLoss: null,
    discriminatorLoss: null,
    accuracy: 0.5,
    secondsPerStep: 2.5,
    peakMemoryBytes: 1e8,
  };
  const preview = {
    step: 1,
    directionIndex: 0,
    strength: 3,
    timestep: 500,
    stepIndex: 0,
    samplingSteps: 5,
    originalId: images.original,
    shiftedId: images.shifted,
  };
  const training = {
    run_id: DISCOVERY,
    model_id: MODEL,
    config: CONFIG,
    step: 1,
    total_steps: 1,
    seconds_per_step: 2.5,
    peak_memory_bytes: 1e8,
    device: 'cpu',
    statistics_hash: statistics,
  };
  return [
    row('run', { ...runOf(DISCOVERY, 'discovery', 7), idempotency_key: 'smile', fingerprint: 'f'.repeat(64) }),
    row('discovery', training),
    ...DIRECTIONS.map((id, index) => directionRow(id, index, parameters, statistics)),
    row('filmstrip', { direction_id: DIRECTIONS[0], position: 0, strength: 3, image_id: images.shifted }),
    row('checkpoint', { run_id: DISCOVERY, step: 1, state: bytesOf('state') }),
    status(DISCOVERY, 1, 'QUEUED'),
    status(DISCOVERY, 2, 'RUNNING'),
    event(DISCOVERY, 3, 'TrainingStep', step),
    event(DISCOVERY, 4, 'TrainingPreview', preview),
    event(DISCOVERY, 5, 'CheckpointSaved', { step: 1 }),
    event(DISCOVERY, 6, 'ScorecardUpdated', { step: 1, directionIds: DIRECTIONS }),
    status(DISCOVERY, 7, 'SUCCEEDED'),
  ];
}

/** `start` is left out, as version 0.1.0 did. */
const CONFIG = {
  ...{ method: 'LEARNED', directions: 2, trainingSteps: 1, batchSize: 1, samplingSteps: 5, shift: 'GLOBAL' },
  ...{ fullSpatial: false, orthonormal: false, reverseProcess: 'SYMMETRIC', maxStrength: 6, minStrength: 0.5 },
  ...{ learningRate: 0.005, adversarialWeight: 0, seed: 1, checkpointEvery: 1, previewEvery: 1 },
};

function directionRow(id: string, index: number, parameters: string, statistics: string): TableRow {
  const place = { id, model_id: MODEL, discovery_id: DISCOVERY, origin: 'LEARNED', index, version: 1, kind: 'GLOBAL' };
  const scores = {
    accuracy: 0.75,
    strength_error: 0.5,
    monotonicity: 0.9,
    effect_size: 0.1,
    uniqueness: 1,
    score: 0.6,
  };
  const own = {
    name: index === 0 ? "it's a smile" : 'Direction 2',
    tags: index === 0 ? ['mouth'] : [],
    favourite: index === 0,
  };
  const how = {
    reverse_process: 'SYMMETRIC',
    sampling_steps: 5,
    statistics_hash: statistics,
    parameters_hash: parameters,
  };
  return row('direction', { ...place, ...scores, ...own, ...how });
}

type EditImages = { [name in 'frame' | 'result' | 'unedited']: string | undefined };

function editRows({ frame, result, unedited }: EditImages, parametersHash: string, statisticsHash: string): TableRow[] {
  const curve = [
    { t: 0, weight: 1 },
    { t: 1, weight: 1 },
  ];
  const pinned = { index: 0, parametersHash, statisticsHash };
  const how = { sampling_steps: 5, reverse_process: 'SYMMETRIC', eta: 0, preview_every: 5, preview_size: null };
  const images = { original_image_id: unedited, result_image_id: result };
  const shifts = [{ directionId: DIRECTIONS[0], directionVersion: 1, strength: 3, curve, pinned }];
  const shown = { coarse: false, timestep: 0, stepIndex: 4, samplingSteps: 5, imageId: frame };
  return [
    row('run', { ...runOf(EDIT, 'edit', 5), token_id: TOKEN }),
    row('edit', { run_id: EDIT, model_id: MODEL, seed: 7, shifts, ...how, ...images, request_hash: 'e'.repeat(64) }),
    status(EDIT, 1, 'QUEUED'),
    status(EDIT, 2, 'RUNNING'),
    event(EDIT, 3, 'EditFrame', shown),
    event(EDIT, 4, 'EditFinished', { resultId: result, originalId: unedited }),
    status(EDIT, 5, 'SUCCEEDED'),
  ];
}

function runOf(id: string, kind: string, lastSeq: number): Record<string, unknown> {
  const times = { created_at: CREATED, started_at: STARTED, finished_at: FINISHED };
  return { id, kind, status: 'SUCCEEDED', epoch: 1, last_seq: lastSeq, ...times };
}

function status(runId: string, seq: number, value: string): TableRow {
  return event(runId, seq, 'StatusChanged', { status: value, error: null });
}

function event(run_id: string, seq: number, type: string, payload: object): TableRow {
  return row('event', { run_id, seq, at: FINISHED, type, payload });
}

function row(table: string, values: Readonly<Record<string, unknown>>): TableRow {
  return { table, values };
}

/** A gradient, as a file, and its rows: the id is the front of the hash. */
async function picture(tint: number): Promise<{ id: string; rows: TableRow[] }> {
  const sample = Float32Array.from({ length: 3 * SIZE * SIZE }, (_, place) => Math.sin(place / SIZE + tint));
  const bytes = Buffer.from((await encodePicture(sample, [3, SIZE, SIZE])).bytes);
  const hash = hashOf(bytes);
  const id = hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const image = { id, blob_hash: hash, width: SIZE, height: SIZE, content_type: 'image/png' };
  return { id, rows: [blobRow(bytes), row('image', image)] };
}

function blobRow(bytes: Buffer): TableRow {
  return row('blob', { hash: hashOf(bytes), bytes, created_at: CREATED });
}

function bytesOf(name: string): Buffer {
  return createHash('sha512').update(name).digest();
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
