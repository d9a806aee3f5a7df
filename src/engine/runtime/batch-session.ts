import type { Graph, Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf, type Tensor } from '../graph/tensor.js';
import type { BatchPlan } from './batch-plan.js';
import type { Device, Precision } from './device.js';
import { openInLanes } from './lanes.js';
import { withModelSource } from './model-source.js';
import type { FloatTensors, Made, OpenSession, Tensors } from './open-session.js';
import { addTo } from './running-sum.js';
import { type Feeds, fed, guarded } from './session.js';

export interface BatchOptions {
  /** Outputs that are sums over samples (gradients of what all of them share); the first axis of all others is the batch. */
  readonly sums?: readonly string[];
  /** Of a UNet's weights and activations, as a device has it; all else is in float32, which is what is left out. */
  readonly precision?: Precision;
}

/**
 * A graph whose samples do not depend on each other, run on parts of the batch at once (data parallelism). Recorded for
 * {@link BatchPlan.rows} samples, fed with all of them. Where the parts do not divide the batch, the last one is filled up with
 * zeros. The same plan and feeds give the same bytes on the same CPU model, whatever finishes first.
 */
export class BatchSession {
  private constructor(
    private readonly inputs: readonly Value[],
    private readonly plan: BatchPlan,
    private readonly sessions: readonly OpenSession[],
  ) {}

  /** Throws as {@link Session.create} does. */
  static async create(
    graph: Graph,
    plan: BatchPlan,
    device: Device,
    { sums = [], precision = 'float32' }: BatchOptions = {},
  ): Promise<BatchSession> {
    const options = { ...device.options, intraOpNumThreads: plan.threads };
    const summed = Object.fromEntries(sums.map((name) => [name, (graph.outputs[name] as Value).shape]));
    const sessions = await guarded('building a session', () =>
      withModelSource(graph, device, (source) => openInLanes(source, options, plan.lanes, summed), precision),
    );
    return new BatchSession(graph.inputs, plan, sessions);
  }

  /**
   * Takes the inputs by name, the batch as their first axis; an input that has the shape of the graph's own is every sample's. Sums
   * hold until the next run, which writes into their memory.
   */
  async run(feeds: Feeds): Promise<Record<string, FloatTensor>> {
    const { shared, parts } = this.divided(feeds);
    const lanes = await guarded('running a session', () => this.spread(shared, parts));
    const rows = lanes.flatMap((made) => made.rows);
    const sums = lanes.map((made) => made.sums);
    return {
      ...byName(rows, (made) => joined(made, this.plan.batch)),
      ...byName(sums, summed),
    };
  }

  /** Frees the sessions; they must not be used afterwards. */
  async release(): Promise<void> {
    for (const session of this.sessions) await session.release();
  }

  private divided(feeds: Feeds): { shared: Tensors; parts: Tensors[] } {
    const { batch, rows } = this.plan;
    const shared: Record<string, Tensor> = {};
    const parts = Array.from({ length: Math.ceil(batch / rows) }, (): Record<string, Tensor> => ({}));
    for (const input of this.inputs) {
      const tensor = feeds[input.name];
      if (tensor && tensor.shape.join() === input.shape.join()) {
        shared[input.name] = fed(input, tensor);
        continue;
      }
      const whole = fed({ ...input, shape: [batch, ...input.shape.slice(1)] }, tensor) as FloatTensor;
      for (const [at, part] of parts.entries()) part[input.name] = partOf(whole, input, at);
    }
    return { shared, parts };
  }

  /** What each lane made, in the order of `parts`; each takes its share of neighbours, this thread the last. */
  private async spread(shared: Tensors, parts: readonly Tensors[]): Promise<Made[]> {
    const share = (lane: number) => Math.floor((lane * parts.length) / this.sessions.length);
    const runs = this.sessions.map((session, lane) => session.run(shared, parts.slice(share(lane), share(lane + 1))));
    const results = await Promise.allSettled(runs);
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }
}

/** What `merge` makes of all values of a name. */
function byName(made: readonly FloatTensors[], merge: (values: readonly FloatTensor[]) => FloatTensor): FloatTensors {
  const names = Object.keys(made[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, merge(made.map((one) => one[name] as FloatTensor))]));
}

/** Rows of part `at`, in the batch's own memory; in zeros of their own where the batch has no more. */
function partOf({ data }: FloatTensor, { shape }: Value, at: number): FloatTensor {
  const size = sizeOf(shape);
  const part = data.subarray(at * size, (at + 1) * size);
  if (part.length === size) return floatTensor(shape, part);
  const filled = floatTensor(shape);
  filled.data.set(part);
  return filled;
}

function joined(parts: readonly FloatTensor[], batch: number): FloatTensor {
  const [first] = parts as [FloatTensor];
  if (parts.length === 1) return first;
  const out = floatTensor([batch, ...first.shape.slice(1)]);
  parts.forEach(({ data }, at) => {
    const from = at * data.length;
    out.data.set(data.subarray(0, Math.min(data.length, out.data.length - from)), from);
  });
  return out;
}

/** In float64, in the order of the lanes; takes the first one's memory. */
function summed(parts: readonly FloatTensor[]): FloatTensor {
  const [first, ...others] = parts as [FloatTensor, ...FloatTensor[]];
  const { data } = first;
  const added = others.map((part) => part.data);
  // The same for two, in a third of the time.
  if (added.length === 1) addTo(data, added[0] as Float32Array);
  else
    for (let index = 0; index < data.length; index += 1) {
      let sum = data[index] as number;
      for (const part of added) sum += part[index] as number;
      data[index] = sum;
    }
  return first;
}
