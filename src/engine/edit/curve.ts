/** A point of a strength curve: t 0 is the first (noisiest) step, 1 the last. */
export interface CurvePoint {
  readonly t: number;
  readonly weight: number;
}

/** Weight at normalised time `t`: linear between points (in ascending t), clamped outside; 1 where there are none. */
export function curveWeight(curve: readonly CurvePoint[], t: number): number {
  const [first, last] = [curve[0], curve.at(-1)];
  if (!first || !last) return 1;
  if (t <= first.t) return first.weight;
  if (t >= last.t) return last.weight;
  const after = curve.findIndex((point) => point.t >= t);
  const [low, high] = [curve[after - 1] as CurvePoint, curve[after] as CurvePoint];
  const part = high.t === low.t ? 1 : (t - low.t) / (high.t - low.t);
  return low.weight + part * (high.weight - low.weight);
}

/** Where a step stands between the first (0) and the last (1). */
export function timeOf(stepIndex: number, samplingSteps: number): number {
  return samplingSteps === 1 ? 0 : stepIndex / (samplingSteps - 1);
}
