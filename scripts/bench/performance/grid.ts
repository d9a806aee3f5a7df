import type { ReverseProcess, WorkloadRequest } from '../../../src/engine/index.js';

export type ModelName = 'portraits' | '64' | 'celebahq-256';
export type Task = WorkloadRequest['task'];

/** One row of the tables. */
export interface Cell extends WorkloadRequest {
  readonly model: ModelName;
  /** What `--only` is matched with. */
  readonly name: string;
}

/** Every task at every T, batch and process of its block. */
interface Block {
  readonly model: ModelName;
  readonly tasks: readonly Task[];
  readonly steps: readonly number[];
  readonly batches: readonly number[];
  readonly processes: readonly ReverseProcess[];
}

const TRAJECTORY: readonly Task[] = ['unedited', 'sample', 'gradient'];
const BOTH: readonly ReverseProcess[] = ['SYMMETRIC', 'ASYMMETRIC'];
const SYMMETRIC: readonly ReverseProcess[] = ['SYMMETRIC'];

/** What is measured. A VJP is one step's, whatever T is; unedited sampling is the same for both processes. */
const GRID: readonly Block[] = [
  { model: 'portraits', tasks: TRAJECTORY, steps: [5, 10, 20, 40, 100], batches: [8], processes: BOTH },
  { model: 'portraits', tasks: TRAJECTORY, steps: [10], batches: [1, 4, 16], processes: BOTH },
  { model: 'portraits', tasks: ['vjp'], steps: [10], batches: [8], processes: BOTH },
  { model: 'portraits', tasks: ['training'], steps: [5, 10], batches: [8], processes: BOTH },
  { model: '64', tasks: ['unedited', 'sample', 'vjp', 'gradient'], steps: [10], batches: [8], processes: BOTH },
  { model: '64', tasks: ['training'], steps: [10], batches: [8], processes: SYMMETRIC },
  { model: 'celebahq-256', tasks: ['sample', 'vjp'], steps: [1], batches: [1], processes: SYMMETRIC },
  { model: 'celebahq-256', tasks: ['gradient'], steps: [2], batches: [1], processes: SYMMETRIC },
];

export function cells(): Cell[] {
  return GRID.flatMap(({ model, tasks, steps, batches, processes }) =>
    tasks.flatMap((task) =>
      (task === 'unedited' ? SYMMETRIC : processes).flatMap((process) =>
        batches.flatMap((batch) => steps.map((T) => cellOf(model, { task, steps: T, batch, process }))),
      ),
    ),
  );
}

function cellOf(model: ModelName, request: WorkloadRequest): Cell {
  const { task, steps, batch, process } = request;
  const parts = [model, task, task === 'unedited' ? '' : process, task === 'vjp' ? '' : `T=${steps}`, `batch=${batch}`];
  return { name: parts.filter(Boolean).join(' '), model, ...request };
}
