import type { DiscoveryConfig } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import type { Between } from '../diffusion/trajectory.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { Device } from '../runtime/device.js';
import { UNIT } from '../shift/control.js';
import { jacobianDirections } from '../shift/jacobian.js';
import { principalDirections } from '../shift/principal.js';
import { statisticsPlan } from '../shift/statistics.js';

/** φ that a baseline measures; undefined where the shift control starts by itself. */
export async function measuredShifts(
  model: DiffusionModel,
  { method, directions }: DiscoveryConfig,
  device: Device,
  between: Between,
): Promise<FloatTensor | undefined> {
  if (method === 'PCA') return principalDirections(model, directions, device, between);
  if (method === 'JACOBIAN') return jacobianTable(model, directions, device, between);
  return undefined;
}

/** In the scale of GLOBAL: one unit of strength is a quarter of the RMS of h. */
async function jacobianTable(
  model: DiffusionModel,
  directions: number,
  device: Device,
  between: Between,
): Promise<FloatTensor> {
  const width = sizeOf(model.hShape);
  const table = floatTensor([statisticsPlan(model).length, directions * width]);
  let at = 0;
  for await (const { rows, rho } of jacobianDirections(model, directions, device, between)) {
    const scale = (UNIT.GLOBAL / UNIT.PER_TIMESTEP) * rho * Math.sqrt(width);
    table.data.set(
      rows.data.map((value) => value * scale),
      at,
    );
    at += rows.data.length;
  }
  return table;
}
