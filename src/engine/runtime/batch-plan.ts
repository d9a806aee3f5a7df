import type { Device } from './device.js';

/** How the rows of a batch are spread over a device. */
export interface BatchPlan {
  readonly batch: number;
  /** Rows of one session run. */
  readonly rows: number;
  /** Sessions that run at once. */
  readonly lanes: number;
  /** Threads that the operators of each are spread over. */
  readonly threads: number;
}

/**
 * What a run costs beside its rows, in pixels. Measured on a VJP of a 32×32 UNet, one thread: 26, 37, 75 and 145 ms with 1, 2, 4
 * and 8 rows.
 */
const RUN_COST_PIXELS = 0.25 * 32 ** 2;
/** More rows take no less time each. */
const MAX_ROWS = 32;
/** Fewer rows a run, and with them less memory, may take this much longer: more where a run holds all activations. */
const TOLERANCE = { sampling: 1.05, gradient: 1.15 };

/**
 * The CPU's cores work on rows of their own: spread over two threads, the operators of a 32×32 UNet ran 1.0 (one row) to 1.5
 * (eight rows) times as fast, two sessions of one thread each 1.9 times. Other devices take the batch as a whole.
 */
export function planBatch(
  batch: number,
  { name, threads }: Pick<Device, 'name' | 'threads'>,
  [, height, width]: readonly [number, number, number],
  kind: 'sampling' | 'gradient' = 'sampling',
): BatchPlan {
  if (name !== 'cpu') return { batch, rows: batch, lanes: 1, threads };
  const cost = (rows: number) =>
    Math.ceil(Math.ceil(batch / rows) / threads) * (rows + RUN_COST_PIXELS / (height * width));
  const candidates = Array.from({ length: Math.min(batch, MAX_ROWS) }, (_, index) => index + 1);
  const least = Math.min(...candidates.map(cost));
  const rows = candidates.find((count) => cost(count) <= TOLERANCE[kind] * least) ?? 1;
  const lanes = Math.min(threads, Math.ceil(batch / rows));
  return { batch, rows, lanes, threads: Math.floor(threads / lanes) };
}

/** A plan whose parts are all of the same size, one a lane: for what is a mean over the batch. */
export function planEvenly(batch: number, { name, threads }: Pick<Device, 'name' | 'threads'>): BatchPlan {
  let lanes = name === 'cpu' ? Math.min(threads, batch) : 1;
  while (batch % lanes !== 0) lanes -= 1;
  return { batch, rows: batch / lanes, lanes, threads: Math.floor(threads / lanes) };
}
