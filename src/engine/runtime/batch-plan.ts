import { applies } from '../passes.js';
import type { Device } from './device.js';
import { sharesWeights } from './shared-weights.js';

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
/** Fewer rows a run, and with them less memory, may take this much longer. */
const TOLERANCE = 1.05;
/**
 * Where lanes do not share weights each holds its own, a gradient those of the transposed layers too. Beyond these for all lanes together fewer
 * lanes run, with more threads each: a VJP of a 12.6 M parameter UNet at 64×64 took 1.04 of the time in one lane, and 441 MiB in place
 * of 556. The lanes that sample in its training have its gradient's weights beside theirs: 730 MiB in place of 820, 1.07 of the time.
 */
const LANE_WEIGHT_BYTES = 128 * 2 ** 20;
const WEIGHT_COPIES = { sampling: 1, training: 3, gradient: 2 };
/** Every lane has gradients of its own by what is fed; where memory is not shared, parameters and gradients are copied in each run. */
const LANE_FED_BYTES = { shared: 16 * 2 ** 20, copied: 8 * 2 ** 20 };
/** More of them in one run take memory, fewer time: gradients of all that is fed are added up for each run. */
const PART_PIXELS = 2 ** 16;

/** What a session does with its rows: it samples, samples beside one that gives gradients, or gives them. */
export type BatchKind = 'sampling' | 'training' | 'gradient';

/** What a plan needs to know of a device. */
export type Processor = Pick<Device, 'name' | 'threads' | 'channelBlock' | 'sharesMemory'>;

/** What a plan needs to know of a UNet. */
export interface PlannedModel {
  readonly sampleShape: readonly [number, number, number];
  readonly parameterCount: number;
}

/**
 * The CPU's cores work on rows of their own: spread over two threads, the operators of a 32×32 UNet ran 1.0 (one row) to 1.5
 * (eight rows) times as fast, two sessions of one thread each 1.9 times. Other devices take the batch as a whole.
 */
export function planBatch(
  batch: number,
  processor: Processor,
  { sampleShape: [, height, width], parameterCount }: PlannedModel,
  kind: BatchKind = 'sampling',
): BatchPlan {
  const { name, threads } = processor;
  if (name !== 'cpu') return { batch, rows: batch, lanes: 1, threads };
  const held = sharesWeights(processor) ? 0 : WEIGHT_COPIES[kind] * parameterCount;
  const most = lanesWithin(LANE_WEIGHT_BYTES, held, threads);
  const cost = (rows: number) =>
    Math.ceil(Math.ceil(batch / rows) / most) * (rows + RUN_COST_PIXELS / (height * width));
  const candidates = Array.from({ length: Math.min(batch, MAX_ROWS) }, (_, index) => index + 1);
  const least = Math.min(...candidates.map(cost));
  const fewest = candidates.find((count) => cost(count) <= TOLERANCE * least) ?? 1;
  const possible = Math.min(most, Math.ceil(batch / fewest));
  // Threads that share an operator divide it by its rows.
  const shared = Math.min(Math.floor(threads / possible), Math.ceil(batch / possible), MAX_ROWS);
  const rows = Math.max(fewest, most < threads ? shared : 1);
  const lanes = Math.min(possible, Math.ceil(batch / rows));
  return { batch, rows, lanes, threads: Math.floor(threads / lanes) };
}

/** A plan whose parts are all of one size: for means over a batch of images `[C,H,W]`, fed with so many `parameters`. */
export function planEvenly(
  batch: number,
  { name, threads, sharesMemory }: Processor,
  [, height, width]: readonly [number, number, number],
  parameters: number,
): BatchPlan {
  if (name !== 'cpu') return { batch, rows: batch, lanes: 1, threads };
  let lanes = Math.min(lanesWithin(LANE_FED_BYTES[sharesMemory ? 'shared' : 'copied'], parameters, threads), batch);
  while (batch % lanes !== 0) lanes -= 1;
  const rows = divisorNear(batch / lanes, Math.max(1, Math.floor(PART_PIXELS / (height * width))));
  return { batch, rows, lanes, threads: Math.floor(threads / lanes) };
}

/** The largest divisor up to `most`; where that is far below it, the next larger one, if need be `count` itself. */
function divisorNear(count: number, most: number): number {
  const divides = (rows: number) => count % rows === 0;
  if (count <= most) return count;
  for (let rows = most; 4 * rows >= most; rows -= 1) if (divides(rows)) return rows;
  for (let rows = most + 1; rows <= 4 * most; rows += 1) if (divides(rows)) return rows;
  return count;
}

/** As many lanes as there are threads, if `parameters` in each of them take no more than `bytes`; at least one. */
function lanesWithin(bytes: number, parameters: number, threads: number): number {
  return applies('lanes') ? Math.max(1, Math.min(threads, Math.floor(bytes / (4 * parameters)))) : 1;
}
