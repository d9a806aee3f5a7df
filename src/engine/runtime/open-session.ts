import * as ort from 'onnxruntime-node';
import { type FloatTensor, floatTensor, type Tensor } from '../graph/tensor.js';
import type { ModelSource } from './model-source.js';

/** Values by name. */
export type Tensors = Readonly<Record<string, Tensor>>;
export type FloatTensors = Record<string, FloatTensor>;

export type SessionOptions = ort.InferenceSession.SessionOptions;

/** A session as one thread runs it: each run blocks that thread. Errors are ONNX Runtime's own. */
export interface OpenSession {
  /** Runs once for each of `rows`, with `shared` added to each. */
  run(shared: Tensors, rows: readonly Tensors[]): Promise<FloatTensors[]>;
  release(): Promise<void>;
}

/** Opens a session in this thread. */
export async function openSession(source: ModelSource, options: SessionOptions): Promise<OpenSession> {
  const session = await (typeof source === 'string'
    ? ort.InferenceSession.create(source, options)
    : ort.InferenceSession.create(source, options));
  return {
    run: async (shared, rows) => {
      const common = wrapped(shared);
      const results: FloatTensors[] = [];
      for (const row of rows) results.push(unwrapped(await session.run({ ...common, ...wrapped(row) })));
      return results;
    },
    release: () => session.release(),
  };
}

function wrapped(tensors: Tensors): Record<string, ort.Tensor> {
  const wrap = ({ dtype, data, shape }: Tensor) => new ort.Tensor(dtype, data, shape);
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, wrap(tensor)]));
}

function unwrapped(results: ort.InferenceSession.OnnxValueMapType): FloatTensors {
  return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, unwrap(name, value)]));
}

function unwrap(name: string, value: ort.OnnxValue): FloatTensor {
  if (value.data instanceof Float32Array) return floatTensor(value.dims, value.data);
  throw new Error(`output ${name}: expected float32, got ${value.type}`);
}
