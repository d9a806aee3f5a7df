import { EngineError } from '../errors.js';
import type { Graph, Value } from '../graph/graph.js';
import type { FloatTensor, Tensor } from '../graph/tensor.js';
import type { Device, Precision } from './device.js';
import { withModelSource } from './model-source.js';
import { type OpenSession, openSession } from './open-session.js';

/** Values by input name; extents must be those of the graph. */
export type Feeds = Readonly<Record<string, Tensor>>;

/**
 * A graph compiled for one device. `run` blocks the thread for as long as it computes, so callers check for cancellation
 * between runs. The same session, feeds, thread count and CPU model give the same bytes.
 */
export class Session {
  private constructor(
    private readonly session: OpenSession,
    private readonly inputs: readonly Value[],
  ) {}

  /** Throws OUT_OF_MEMORY, or INTERNAL_SERVER_ERROR with the runtime's own message as cause. */
  static async create(graph: Graph, device: Device, precision: Precision = 'float32'): Promise<Session> {
    const session = await guarded('building a session', () =>
      withModelSource(graph, device, (source) => openSession(source, device.options), precision),
    );
    return new Session(session, graph.inputs);
  }

  /** Takes the graph's inputs by name (others are passed over); gives every float output by name. */
  async run(feeds: Feeds): Promise<Record<string, FloatTensor>> {
    const checked = Object.fromEntries(this.inputs.map((input) => [input.name, fed(input, feeds[input.name])]));
    const { rows } = await guarded('running a session', () => this.session.run(checked, [{}]));
    return rows[0] ?? {};
  }

  /** Frees the session; it must not be used afterwards. */
  async release(): Promise<void> {
    await this.session.release();
  }
}

/** `tensor`, if it is what the input takes. */
export function fed(input: Pick<Value, 'name' | 'shape' | 'dtype'>, tensor: Tensor | undefined): Tensor {
  if (tensor?.dtype === input.dtype && tensor.shape.join() === input.shape.join()) return tensor;
  const got = tensor ? `${tensor.dtype}[${tensor.shape}]` : 'nothing';
  throw new EngineError(
    'INTERNAL_SERVER_ERROR',
    `session input ${input.name}: expected ${input.dtype}[${input.shape}], got ${got}.`,
  );
}

/** Turns ONNX Runtime's errors into the engine's. */
export async function guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
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
