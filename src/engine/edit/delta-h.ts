import type { ReverseProcess } from '../contract.js';
import type { Between } from '../diffusion/trajectory.js';
import type { FloatTensor } from '../graph/tensor.js';
import { type DirectionBank, shiftScale } from '../shift/bank.js';
import { timeOf } from './curve.js';
import type { DeltaH } from './edited-sampler.js';
import type { SampleDirections, SampleSite } from './sample-directions.js';

/** A direction, and how far each sample of the batch goes along it at normalised time `t`. */
export interface AppliedShift {
  readonly bank: DirectionBank;
  readonly directionIndex: number;
  readonly strengths: (t: number) => readonly number[];
}

export interface ShiftSetting {
  readonly samplingSteps: number;
  readonly process: ReverseProcess;
  /** A Δh of zeros. */
  readonly zero: () => FloatTensor;
  /** Called only where a direction needs it. */
  readonly sampleDirections: (bank: DirectionBank) => Promise<SampleDirections>;
  readonly between: Between;
}

/** Σ over the shifts of s·c·r·d_k. What depends on the sample sees h before any shift: their order is of no effect. */
export function deltaHOf(shifts: readonly AppliedShift[], setting: ShiftSetting): DeltaH {
  const { samplingSteps, between } = setting;
  return async (step, stepIndex, x) => {
    const sum = setting.zero();
    const t = timeOf(stepIndex, samplingSteps);
    let site: SampleSite | null = null;
    for (const { bank, directionIndex, strengths } of shifts) {
      const scales = strengths(t).map((strength) => shiftScale(bank, directionIndex, strength, setting));
      if (scales.every((scale) => scale === 0)) continue;
      const { directions } = bank.control;
      if (directions.dependsOn === 'TIMESTEP') {
        addScaled(sum, scales, directions.at(bank.rows, directionIndex, step.timestep));
        continue;
      }
      const sampled = await setting.sampleDirections(bank);
      await between();
      site ??= await sampled.site(step, x);
      await between();
      addScaled(sum, scales, await sampled.at(bank, directions.alone(bank.rows, directionIndex), site));
    }
    return sum;
  };
}

/** Adds a direction to each sample, times the sample's scale; `direction` holds one for all samples, or one for each. */
function addScaled({ data }: FloatTensor, scales: readonly number[], direction: Float32Array): void {
  const width = data.length / scales.length;
  scales.forEach((scale, row) => {
    if (scale === 0) return;
    const from = (row * width) % direction.length;
    const sample = data.subarray(row * width, (row + 1) * width);
    for (let i = 0; i < width; i += 1) sample[i] = (sample[i] as number) + scale * (direction[from + i] as number);
  });
}
