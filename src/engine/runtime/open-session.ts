import * as ort from 'onnxruntime-node';
import { type FloatTensor, floatTensor, type Tensor } from '../graph/tensor.js';
import type { ModelSource } from './model-source.js';
import { RunningSum, type Shapes } from './running-sum.js';

/** Values by name. */
export type Tensors = Readonly<Record<string, Tensor>>;
export type FloatTensors = Record<string, FloatTensor>;

export type SessionOptions = ort.InferenceSession.SessionOptions;

/** What a session made of some rows. */
export interface Made {
  /** Outputs of each row. */
  readonly rows: FloatTensors[];
  /** Outputs that were added up over the rows: until the next run, which writes into the same memory. */
  readonly sums: FloatTensors;
}

/** A session as one thread runs it: each run blocks that thread. Errors are ONNX Runtime's own. */
export interface OpenSession {
  /** Runs once for each of `rows`, with `shared` added to each. */
  run(shared: Tensors, rows: readonly Tensors[]): Promise<Made>;
  release(): Promise<void>;
}

/** Opens a session in this thread; the outputs `summed` are added up over the rows of a run. */
export async function openSession(
  { model, weights, sharesMemory }: ModelSource,
  options: SessionOptions,
  summed: Shapes = {},
): Promise<OpenSession> {
  const session = await (typeof model === 'string'
    ? ort.InferenceSession.create(model, options)
    : ort.InferenceSession.create(model, options));
  const sum = new RunningSum(summed, sharesMemory);
  const constant = wrapped(weights);
  return {
    run: async (shared, rows) => {
      const common = { ...constant, ...wrapped(shared) };
      const made: FloatTensors[] = [];
      sum.begin();
      for (const row of rows) {
        const results = await session.run({ ...common, ...wrapped(row) }, sum.fetches(session.outputNames));
        made.push(unwrapped(sum.add(results)));
      }
      return { rows: made, sums: sum.total };
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
