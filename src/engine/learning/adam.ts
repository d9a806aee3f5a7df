import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import type { Parameters } from './parameters.js';

/** β1 and β2 of the paper. */
export type Betas = readonly [number, number];

const DEFAULT_BETAS: Betas = [0.9, 0.999];
const EPSILON = 1e-8;

/** Adam's state: how many steps were taken, and both moments of each parameter. */
export interface AdamState {
  readonly step: number;
  readonly m: Parameters;
  readonly v: Parameters;
}

export function adamStart(parameters: Parameters): AdamState {
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, floatTensor(shape)]));
  return { step: 0, m: zeros(), v: zeros() };
}

/** One step of Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1) along `gradients`; everything given is left as it is. */
export function adamStep(
  parameters: Parameters,
  gradients: Parameters,
  state: AdamState,
  learningRate: number,
  [beta1, beta2]: Betas = DEFAULT_BETAS,
): { parameters: Parameters; state: AdamState } {
  const step = state.step + 1;
  const corrections = { first: 1 - beta1 ** step, second: 1 - beta2 ** step };
  const next: {
    parameters: Record<string, FloatTensor>;
    m: Record<string, FloatTensor>;
    v: Record<string, FloatTensor>;
  } = { parameters: {}, m: {}, v: {} };
  for (const [name, theta] of Object.entries(parameters)) {
    const [g, m, v] = [gradients[name], state.m[name], state.v[name]];
    if (!g || !m || !v || g.data.length !== theta.data.length)
      throw new RangeError(`Adam: gradient or state of ${name} [${theta.shape}] is missing`);
    const [p2, m2, v2] = [theta.data.slice(), m.data.slice(), v.data.slice()];
    for (let i = 0; i < p2.length; i += 1) {
      const gi = g.data[i] ?? 0;
      const first = beta1 * (m2[i] ?? 0) + (1 - beta1) * gi;
      const second = beta2 * (v2[i] ?? 0) + (1 - beta2) * gi * gi;
      m2[i] = first;
      v2[i] = second;
      p2[i] =
        (p2[i] ?? 0) -
        (learningRate * (first / corrections.first)) / (Math.sqrt(second / corrections.second) + EPSILON);
    }
    next.parameters[name] = floatTensor(theta.shape, p2);
    next.m[name] = floatTensor(theta.shape, m2);
    next.v[name] = floatTensor(theta.shape, v2);
  }
  return { parameters: next.parameters, state: { step, m: next.m, v: next.v } };
}
