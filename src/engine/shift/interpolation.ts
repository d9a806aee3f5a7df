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

/** A per-step table `[T, …]` at any timestep. */
export function interpolated(
  table: FloatTensor,
  timesteps: readonly number[],
  timestep: number,
  shape = table.shape.slice(1),
): FloatTensor {
  const width = sizeOf(shape);
  const out = floatTensor(shape);
  for (const { position, weight } of interpolation(timesteps, timestep)) {
    const row = table.data.subarray(position * width, (position + 1) * width);
    for (let at = 0; at < width; at += 1) out.data[at] = (out.data[at] ?? 0) + weight * (row[at] ?? 0);
  }
  return out;
}
