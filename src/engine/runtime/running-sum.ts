import * as ort from 'onnxruntime-node';
import { sharedTensor } from '../graph/shared-memory.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';

/** Shapes of outputs, by name. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

type Memory = Readonly<Record<string, ort.Tensor>>;

/**
 * Outputs of a session added up over its runs, in float32 and in their order. Their memory is kept, and shared with the thread that
 * reads them: runs write the first of them into the sum and all others beside it, where new tensors for the gradients of all weights
 * would wait for the collector.
 */
export class RunningSum {
  private sum: Memory | null = null;
  private beside: Memory | null = null;
  private runs = 0;

  constructor(
    private readonly shapes: Shapes,
    private readonly sharesMemory: boolean,
  ) {}

  /** Starts anew, in the same memory. */
  begin(): void {
    this.runs = 0;
  }

  /** Where the next run is to put the outputs `names`; others than the sum's are the runtime's own. */
  fetches(names: readonly string[]): ort.InferenceSession.FetchesType {
    this.sum ??= memoryFor(this.shapes, this.sharesMemory);
    if (this.runs > 0) this.beside ??= memoryFor(this.shapes, this.sharesMemory);
    const memory = this.runs === 0 ? this.sum : this.beside;
    return Object.fromEntries(names.map((name) => [name, memory?.[name] ?? null]));
  }

  /** Takes what a run has put there, and gives the other outputs. */
  add<Made>(made: Readonly<Record<string, Made>>): Record<string, Made> {
    if (this.runs > 0)
      for (const [name, { data }] of Object.entries(this.total)) addTo(data, dataOf(this.beside, name));
    this.runs += 1;
    return Object.fromEntries(Object.entries(made).filter(([name]) => !(name in this.shapes)));
  }

  /** The sums, until the next run. */
  get total(): Record<string, FloatTensor> {
    const sums = Object.entries(this.shapes).map(([name, shape]) => [name, floatTensor(shape, dataOf(this.sum, name))]);
    return Object.fromEntries(sums);
  }
}

function memoryFor(shapes: Shapes, sharesMemory: boolean): Memory {
  const zeros = sharesMemory ? sharedTensor : floatTensor;
  const memory = (shape: readonly number[]) => new ort.Tensor('float32', zeros(shape).data, shape);
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, memory(shape)]));
}

function dataOf(memory: Memory | null, name: string): Float32Array {
  return memory?.[name]?.data as Float32Array;
}

/** `sum += part`, in float32. */
export function addTo(sum: Float32Array, part: Float32Array): void {
  for (let index = 0; index < sum.length; index += 1) sum[index] = (sum[index] as number) + (part[index] as number);
}
