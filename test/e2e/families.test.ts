import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type LaunchedServer, launchServer } from '../../scripts/support/launch.js';
import { App } from '../helpers/app.js';
import { writeCheckpoint } from '../helpers/checkpoints.js';
import { ApiClient } from '../helpers/client.js';
import { fixture } from '../helpers/models.js';
import { isAlive } from '../helpers/processes.js';

/** The compiled server: from a file of each family to an edited image, over GraphQL. */

const folder = mkdtempSync(join(tmpdir(), 'azimuth-families-'));
let server: LaunchedServer;
let app: App;

vi.setConfig({ testTimeout: 900_000, hookTimeout: 600_000 });

beforeAll(async () => {
  server = await launchServer(join(folder, 'data'), { AZIMUTH_DEVICE: 'cpu', LOG_LEVEL: 'fatal' });
  app = new App(server.url);
  await app.readyModel();
});
afterAll(async () => {
  if (isAlive(server.pid)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The one-channel model with another kind of prediction: its weights are random, and mean nothing either way. */
function oneChannel(): string {
  const path = join(folder, 'one-channel');
  cpSync(fixture('variants/resampling-gelu'), path, { recursive: true });
  const file = join(path, 'scheduler/scheduler_config.json');
  const config = { ...JSON.parse(readFileSync(file, 'utf8')), prediction_type: 'v_prediction' };
  writeFileSync(file, JSON.stringify(config));
  return path;
}

function checkpoint(): string {
  const path = join(folder, 'adm');
  mkdirSync(path);
  writeCheckpoint('adm', path);
  return path;
}

/** Without the weights that lie beside it, an export is a model of its own. */
function onlyOnnx(): string {
  const path = join(folder, 'onnx');
  cpSync(fixture('onnx/legacy-13'), path, { recursive: true });
  return path;
}

describe('fifty steps of discovery and an edit', () => {
  test.each<[string, () => string, string, number]>([
    ['diffusers', () => fixture('variants/learned-variance'), 'diffusers', 3],
    ['ONNX alone', onlyOnnx, 'onnx', 3],
    ['one channel, v-prediction', oneChannel, 'diffusers', 1],
    ['latents of a VQModel', () => fixture('variants/latent-vq'), 'diffusers', 3],
    ['an ADM checkpoint', checkpoint, 'guided-diffusion', 3],
  ])('%s', async (_, source, format, channels) => {
    const modelId = await app.importModel(source());
    const { model } = await new ApiClient(server.url).query<{
      model: { report: { format: string }; channels: number };
    }>('query ($id: ID!) { model(id: $id) { channels report { format } } }', { id: modelId });
    expect(model.report.format).toBe(format);
    const discoveryId = await app.startDiscovery({
      modelId,
      directions: 3,
      trainingSteps: 50,
      batchSize: 2,
      samplingSteps: 2,
      previewEvery: 25,
    });
    const events = await app.follow(discoveryId, 0);
    expect(events.at(-1)).toMatchObject({ __typename: 'StatusChanged', status: 'SUCCEEDED' });
    expect(events.filter(({ __typename }) => __typename === 'TrainingStep')).toHaveLength(50);
    const [directionId] = await app.directionIds(discoveryId);
    const edit = await app.edit({ modelId, seed: 3, shifts: [{ directionId, strength: 6 }], samplingSteps: 4 });
    const pixels = async (png: Buffer) => sharp(png).raw().toBuffer({ resolveWithObject: true });
    const [edited, unedited] = [await pixels(edit.result), await pixels(edit.original)];
    expect(edited.data.equals(unedited.data)).toBe(false);
    expect(edited.info).toEqual(unedited.info);
    expect(model.channels).toBe(channels);
  });
});
