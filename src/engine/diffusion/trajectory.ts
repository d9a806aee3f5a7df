import { type FloatTensor, floatTensor } from '../graph/tensor.js';

/**
 * Gradient checkpointing through the whole sampling process: only the samples x[0] … x[T] are kept; the backward pass
 * recomputes one step's activations at a time. Memory does not grow with T, but for T small tensors.
 */
export interface Trajectory {
  /** x[0] … x[T]. */
  readonly samples: readonly FloatTensor[];
}

/** Awaited between any two session runs: where a run is cancelled, or lets something more urgent in. */
export type Between = () => Promise<void>;

/** Runs steps 0 … T−1 from `noise`. */
export async function sampleTrajectory(
  noise: FloatTensor,
  samplingSteps: number,
  runStep: (stepIndex: number, x: FloatTensor) => Promise<FloatTensor>,
  between: Between,
): Promise<Trajectory> {
  const samples = [noise];
  for (let stepIndex = 0; stepIndex < samplingSteps; stepIndex += 1) {
    await between();
    samples.push(await runStep(stepIndex, samples[stepIndex] as FloatTensor));
  }
  return { samples };
}

/** Cotangents of one step: of x[i] and of the parameters, by name. */
export interface StepGradient {
  readonly x: FloatTensor;
  readonly parameters: Readonly<Record<string, FloatTensor>>;
}

/**
 * From g = ∂L/∂x[T] back to the parameters: for i = T−1 … `earliest`, (g, g_φ +=) = VJP[step_i](x[i]; g). Returns g_φ, summed over
 * the steps in float64; what x[earliest] owes to the parameters is left out.
 */
export async function backpropagate(
  { samples }: Trajectory,
  cotangent: FloatTensor,
  runVjp: (stepIndex: number, x: FloatTensor, cotangent: FloatTensor) => Promise<StepGradient>,
  between: Between,
  earliest = 0,
): Promise<Record<string, FloatTensor>> {
  const sums = new Map<string, { shape: readonly number[]; sum: Float64Array }>();
  let g = cotangent;
  for (let stepIndex = samples.length - 2; stepIndex >= earliest; stepIndex -= 1) {
    await between();
    const gradient = await runVjp(stepIndex, samples[stepIndex] as FloatTensor, g);
    for (const [name, part] of Object.entries(gradient.parameters)) accumulate(sums, name, part);
    g = gradient.x;
  }
  return Object.fromEntries(
    [...sums].map(([name, { shape, sum }]) => [name, floatTensor(shape, new Float32Array(sum))]),
  );
}

function accumulate(
  sums: Map<string, { shape: readonly number[]; sum: Float64Array }>,
  name: string,
  part: FloatTensor,
): void {
  const entry = sums.get(name) ?? { shape: part.shape, sum: new Float64Array(part.data.length) };
  const [{ sum }, { data }] = [entry, part];
  for (let index = 0; index < data.length; index += 1) sum[index] = (sum[index] as number) + (data[index] as number);
  sums.set(name, entry);
}
