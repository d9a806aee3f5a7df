import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floatTensor } from '../../src/engine/graph/tensor.js';
import { writeSafetensors } from '../../src/engine/safetensors.js';
import { Api } from '../support/api.js';
import { launchServer } from '../support/launch.js';
import { median } from './contender.js';
import { type Shape, writeRandomModel } from './random-model.js';
import { EditClient } from './slider/client.js';

export interface FramesOptions {
  readonly shape: Shape;
  readonly steps: number;
  readonly rounds: number;
}

/** An edit with a frame at every step beside one without frames, interleaved, on a model of random weights. */
export async function frames({ shape, steps, rounds }: FramesOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-frames-'));
  writeRandomModel(join(folder, shape), shape);
  const server = await launchServer(folder, { AZIMUTH_DEVICE: 'cpu' });
  const api = new Api(server.url);
  try {
    const modelId = await imported(api, join(folder, shape));
    const directionId = await anyDirection(api, modelId);
    const client = new EditClient(api);
    const input = { modelId, samplingSteps: steps, shifts: [{ directionId, strength: 1 }] };
    const ratios: number[] = [];
    // The first pair builds sessions.
    for (let round = 0; round <= rounds; round += 1) {
      const without = await secondsOf(client, { ...input, seed: 2 * round, previewEvery: 1000 });
      const withFrames = await secondsOf(client, { ...input, seed: 2 * round + 1, previewEvery: 1 });
      if (round === 0) continue;
      ratios.push(withFrames / without);
      console.log(`${shape}, ${steps} steps: ${without.toFixed(2)} s without, ${withFrames.toFixed(2)} s with frames`);
    }
    console.log(`frames cost ${median(ratios).toFixed(3)}`);
    return { shape, steps, framesCost: median(ratios), ratios };
  } finally {
    await api.close();
    await server.stop();
  }
}

async function imported(api: Api, path: string): Promise<string> {
  const mutation = 'mutation ($path: String!) { importModel(input: { path: $path }) { id } }';
  const { importModel } = await api.query<{ importModel: { id: string } }>(mutation, { path });
  const progress =
    'subscription ($id: ID!) { importProgress(modelId: $id) { ... on StatusChanged { error { message } } } }';
  type Event = { readonly importProgress: { readonly error?: { readonly message: string } | null } };
  for await (const { importProgress } of api.subscribe<Event>(progress, importModel))
    if (importProgress.error) throw new Error(importProgress.error.message);
  return importModel.id;
}

interface ModelFacts {
  readonly hash: string;
  readonly hTap: string;
  readonly hShape: readonly number[];
  readonly trainTimesteps: number;
  readonly betaSchedule: string;
  readonly predictionType: string;
}

/** From a file: to find one would take this model hours. */
async function anyDirection(api: Api, modelId: string): Promise<string> {
  const query = `query ($id: ID!) { model(id: $id) { hash hTap hShape trainTimesteps betaSchedule predictionType } }`;
  const { model } = await api.query<{ model: ModelFacts }>(query, { id: modelId });
  const headers = { 'content-type': 'application/octet-stream' };
  const response = await fetch(`${api.url}/directions`, { method: 'POST', headers, body: directionFile(model) });
  const { url } = (await response.json()) as { url: string };
  const mutation = 'mutation ($input: ImportDirectionsInput!) { importDirections(input: $input) { id } }';
  type Answer = { readonly importDirections: readonly { readonly id: string }[] };
  const { importDirections } = await api.query<Answer>(mutation, { input: { modelId, url } });
  const [direction] = importDirections;
  if (!direction) throw new Error('the file held no direction');
  return direction.id;
}

function directionFile({ hash, hTap, hShape, ...schedule }: ModelFacts): Uint8Array {
  const channels = hShape[0] ?? 0;
  const vectors = floatTensor([1, 2, channels, 1, 1], new Float32Array(2 * channels).fill(0.1));
  const metadata = {
    format: 'azimuth-direction-file-1',
    modelHash: hash,
    tap: hTap,
    hShape: JSON.stringify(hShape),
    schedule: JSON.stringify(schedule),
    kind: 'GLOBAL',
    reverseProcess: 'SYMMETRIC',
    samplingSteps: '10',
    unit: '0.25',
    timesteps: JSON.stringify([schedule.trainTimesteps - 1, 0]),
    rho: '[1,1]',
    directions: JSON.stringify([{ name: 'any', tags: [] }]),
  };
  return writeSafetensors({ tensors: new Map([['vectors', vectors]]), metadata });
}

async function secondsOf(client: EditClient, input: Record<string, unknown>): Promise<number> {
  const { seen, ended } = await client.apply(input);
  await ended;
  return (seen.computedMs ?? Number.NaN) / 1000;
}
