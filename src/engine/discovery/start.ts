import type { DiscoveryConfig } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { Device } from '../runtime/device.js';
import { orthonormalRows } from '../shift/orthonormal.js';
import { COMPONENT_COUNT, type HStatistics } from '../shift/statistics.js';
import { measuredShifts } from './baselines.js';

export interface StartContext {
  readonly model: DiffusionModel;
  readonly config: DiscoveryConfig;
  readonly statistics: HStatistics;
  readonly device: Device;
}

/** φ before the first step, where it takes more than the shift control's own; undefined where that is all. */
export async function startingShifts(
  { model, config, statistics, device }: StartContext,
  between: Between,
): Promise<FloatTensor | undefined> {
  if (config.shift !== 'SUBSPACE') return measuredShifts(model, config, device, between);
  if (config.method === 'RANDOM') return randomRows(config);
  if (config.start !== 'INDEPENDENT' || !statistics.independent) return undefined;
  const first = firstRows(statistics.independent, config.directions);
  return config.orthonormal ? orthonormalRows(first) : first;
}

/** Random mixtures of the components: the baseline of the same kind. */
function randomRows({ directions, seed }: DiscoveryConfig): FloatTensor {
  const shape = [directions, COMPONENT_COUNT];
  return orthonormalRows(
    floatTensor(shape, normals({ seed, stream: STREAMS.parameters, sample: 0, step: 1 }, sizeOf(shape))),
  );
}

function firstRows({ shape, data }: FloatTensor, count: number): FloatTensor {
  const width = shape[1] ?? 0;
  return floatTensor([count, width], data.slice(0, count * width));
}
