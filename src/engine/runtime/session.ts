import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { EngineError } from '../errors.js';
import type { Graph, Value } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { type FloatTensor, floatTensor, type Tensor } from '../graph/tensor.js';
import { lower } from '../ops/lower.js';
import type { Device } from './device.js';
import { constantBytes } from './footprint.js';

/** Above this a model goes through a file with external data: embedding would hold its weights three times at once. */
const EMBED_LIMIT_BYTES = 64 * 2 ** 20;
/** Constants below this stay in the protobuf even then. */
const EXTERNAL_TENSOR_BYTES = 64 * 2 ** 10;

/** Values by input name; extents must be those of the graph. */
export type Feeds = Readonly<Record<string, Tensor>>;

/**
 * A graph compiled for one device. `run` blocks the thread for as long as it computes, so callers check for cancellation
 * between runs. The same session, feeds, thread count and CPU model give the same bytes.
 */
export class Session {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly inputs: readonly Value[],
  ) {}

  /** Throws OUT_OF_MEMORY, or INTERNAL_SERVER_ERROR with the runtime's own message as cause. */
  static async create(graph: Graph, device: Device): Promise<Session> {
    const lowered = lower(graph);
    const bytes = constantBytes(graph);
    const session = await guarded('building a session', () =>
      bytes > EMBED_LIMIT_BYTES
        ? createFromFile(lowered, device)
        : ort.InferenceSession.create(encodeModel(lowered), device.options),
    );
    return new Session(session, graph.inputs);
  }

  /** Takes the graph's inputs by name (others are passed over); gives every float output by name. */
  async run(feeds: Feeds): Promise<Record<string, FloatTensor>> {
    const wrapped = Object.fromEntries(this.inputs.map((input) => [input.name, wrap(input, feeds[input.name])]));
    const results = await guarded('running a session', () => this.session.run(wrapped));
    return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, unwrap(name, value)]));
  }

  /** Frees the session; it must not be used afterwards. */
  async release(): Promise<void> {
    await this.session.release();
  }
}

async function createFromFile(graph: Graph, device: Device): Promise<ort.InferenceSession> {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-session-'));
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
    return await ort.InferenceSession.create(join(folder, 'model.onnx'), device.options);
  } finally {
    closeSync(weights);
    rmSync(folder, { recursive: true, force: true });
  }
}

function wrap(input: Value, tensor: Tensor | undefined): ort.Tensor {
  if (tensor?.dtype !== input.dtype || tensor.shape.join() !== input.shape.join()) {
    const got = tensor ? `${tensor.dtype}[${tensor.shape}]` : 'nothing';
    throw new EngineError(
      'INTERNAL_SERVER_ERROR',
      `session input ${input.name}: expected ${input.dtype}[${input.shape}], got ${got}.`,
    );
  }
  return new ort.Tensor(tensor.dtype, tensor.data, tensor.shape);
}

function unwrap(name: string, value: ort.OnnxValue): FloatTensor {
  if (!(value.data instanceof Float32Array))
    throw new EngineError('INTERNAL_SERVER_ERROR', `session output ${name}: expected float32, got ${value.type}.`);
  return floatTensor(value.dims, value.data);
}

async function guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const message = (cause as Error).message;
    if (/bad_alloc|failed to allocate|out of memory/i.test(message)) {
      throw new EngineError('OUT_OF_MEMORY', `Out of memory while ${doing}: use a smaller batch or a smaller model.`, {
        cause,
      });
    }
    throw new EngineError('INTERNAL_SERVER_ERROR', `ONNX Runtime failed while ${doing}: ${message}`, { cause });
  }
}
