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
  const moved: Record<string, FloatTensor> = {};
  const [m, v]: [typeof moved, typeof moved] = [{}, {}];
  const rates = { beta1, beta2, first: 1 - beta1 ** step, second: 1 - beta2 ** step, learningRate };
  for (const [name, theta] of Object.entries(parameters)) {
    const [g, oldM, oldV] = [gradients[name], state.m[name], state.v[name]];
    if (!g || !oldM || !oldV || g.data.length !== theta.data.length)
      throw new RangeError(`Adam: gradient or state of ${name} [${theta.shape}] is missing`);
    const next = [theta, oldM, oldV].map(({ shape, data }) => floatTensor(shape, data.slice()));
    const [newTheta, newM, newV] = next as [FloatTensor, FloatTensor, FloatTensor];
    move(newTheta.data, newM.data, newV.data, g.data, rates);
    moved[name] = newTheta;
    m[name] = newM;
    v[name] = newV;
  }
  return { parameters: moved, state: { step, m, v } };
}

interface Rates {
  readonly beta1: number;
  readonly beta2: number;
  /** 1 − β^step. */
  readonly first: number;
  readonly second: number;
  readonly learningRate: number;
}

/** Changes θ and its moments in place: the loop over all weights that a training step spends its host time in. */
function move(theta: Float32Array, m: Float32Array, v: Float32Array, g: Float32Array, rates: Rates): void {
  const { beta1, beta2, first, second, learningRate } = rates;
  for (let i = 0; i < theta.length; i += 1) {
    const gi = g[i] as number;
    const mi = beta1 * (m[i] as number) + (1 - beta1) * gi;
    const vi = beta2 * (v[i] as number) + (1 - beta2) * gi * gi;
    m[i] = mi;
    v[i] = vi;
    theta[i] = (theta[i] as number) - (learningRate * (mi / first)) / (Math.sqrt(vi / second) + EPSILON);
  }
}
