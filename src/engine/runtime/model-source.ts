import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { lower } from '../ops/lower.js';
import { applies } from '../passes.js';
import { withChannelBlocks } from './blocks/channel-blocks.js';
import type { Device, Precision } from './device.js';
import { constantBytes } from './footprint.js';
import { withHalfPrecision } from './half-precision.js';
import { withOpenExtents } from './open-extents.js';
import { type SharedWeights, withSharedWeights } from './shared-weights.js';

/**
 * Above this a model goes through a file with external data, which the runtime maps. Embedded weights are held three times at
 * once, and until the next garbage collection: a training of 1.8 M parameters peaked at 397 MiB with them, at 328 MiB without.
 */
const EMBED_LIMIT_BYTES = 2 ** 20;
/** Constants below this stay in the protobuf even then. */
const EXTERNAL_TENSOR_BYTES = 64 * 2 ** 10;

/** A model as ONNX Runtime reads it. */
export interface ModelSource {
  /** Its bytes, or the path of a file that its constants lie beside. */
  readonly model: Uint8Array | string;
  /** What it is fed with in every run. */
  readonly weights: SharedWeights;
  /** Whether it reads memory that threads share. */
  readonly sharesMemory: boolean;
}

/** Hands the model of a graph for `device` to `use`; a file is gone afterwards. */
export async function withModelSource<T>(
  graph: Graph,
  device: Pick<Device, 'name' | 'channelBlock' | 'sharesMemory'>,
  use: (source: ModelSource) => Promise<T>,
  precision: Precision = 'float32',
): Promise<T> {
  const arranged = precision === 'float16' ? withHalfPrecision(graph) : forDevice(graph, device);
  const { sharesMemory } = device;
  const { graph: lean, weights } = withSharedWeights(arranged, sharesMemory);
  if (constantBytes(lean) <= EMBED_LIMIT_BYTES) return use({ model: encodeModel(lean), weights, sharesMemory });
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-session-'));
  try {
    return await use({ model: written(lean, folder) ?? encodeModel(lean), weights, sharesMemory });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In ONNX Runtime's operators, as they are fastest on `device`. */
function forDevice(graph: Graph, { name, channelBlock }: Pick<Device, 'name' | 'channelBlock'>): Graph {
  const inBlocks = channelBlock !== null && applies('channel-blocks') ? withChannelBlocks(graph, channelBlock) : graph;
  const lowered = lower(inBlocks);
  return name === 'cpu' && applies('open-extents') ? withOpenExtents(lowered) : lowered;
}

/** `null` where there is no room for the file. */
function written(graph: Graph, folder: string): string | null {
  try {
    return writeModel(graph, folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return null;
    throw error;
  }
}

function writeModel(graph: Graph, folder: string): string {
  const weights = openSync(join(folder, 'weights.bin'), 'w');
  try {
    let offset = 0;
    const model = encodeModel(graph, (bytes) => {
      if (bytes.byteLength < EXTERNAL_TENSOR_BYTES) return null;
      const place = { location: 'weights.bin', offset };
      offset += writeSync(weights, bytes);
      return place;
    });
    writeFileSync(join(folder, 'model.onnx'), model);
    return join(folder, 'model.onnx');
  } finally {
    closeSync(weights);
  }
}
