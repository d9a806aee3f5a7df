import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';

/**
 * Positions and weights that interpolate linearly over t between the measured timesteps, clamped at the ends: a value at
 * `timestep` is Σ weight·value[position].
 */
export function interpolation(
  timesteps: readonly number[],
  timestep: number,
): readonly { position: number; weight: number }[] {
  const after = timesteps.findIndex((known) => known <= timestep);
  if (after === -1) return [{ position: timesteps.length - 1, weight: 1 }];
  const [low, high] = [timesteps[after] ?? 0, timesteps[after - 1]];
  if (low === timestep || high === undefined) return [{ position: after, weight: 1 }];
  const weight = (timestep - low) / (high - low);
  return [
    { position: after, weight: 1 - weight },
    { position: after - 1, weight },
  ];
}

/** A per-step table `[T, …]` at any timestep; the table's own memory at a measured one. */
export function interpolated(
  table: FloatTensor,
  timesteps: readonly number[],
  timestep: number,
  shape = table.shape.slice(1),
): FloatTensor {
  const width = sizeOf(shape);
  const rows = interpolation(timesteps, timestep).map(({ position, weight }) => {
    return { weight, data: table.data.subarray(position * width, (position + 1) * width) };
  });
  const [first, second] = rows as [(typeof rows)[number], (typeof rows)[number]?];
  if (!second) return floatTensor(shape, first.data);
  const out = floatTensor(shape);
  for (let at = 0; at < width; at += 1)
    out.data[at] = first.weight * (first.data[at] as number) + second.weight * (second.data[at] as number);
  return out;
}

/** Of one table, in all. */
const REMEMBERED_BYTES = 32 * 2 ** 20;

/** Bytes that {@link remembering} keeps of a table with rows of `shape`, asked for `count` timesteps. */
export function rememberedBytes(shape: readonly number[], count: number): number {
  return Math.min(REMEMBERED_BYTES, 4 * sizeOf(shape) * count);
}

/**
 * {@link interpolated} of one table. As much as fits in 32 MiB is kept: a training asks for the bases of all its timesteps twice a
 * step, and each takes a millisecond at 32×32.
 */
export function remembering(table: FloatTensor, timesteps: readonly number[]): (timestep: number) => FloatTensor {
  const known = new Map<number, FloatTensor>();
  const most = Math.floor(REMEMBERED_BYTES / (4 * sizeOf(table.shape.slice(1))));
  return (timestep) => {
    const row = known.get(timestep) ?? interpolated(table, timesteps, timestep);
    if (known.size < most) known.set(timestep, row);
    return row;
  };
}
