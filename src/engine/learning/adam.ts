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

/**
 * One step of Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1) along `gradients`. Everything given is left as it is, but with
 * `inPlace` parameters and moments, which are then changed themselves.
 */
export function adamStep(
  parameters: Parameters,
  gradients: Parameters,
  state: AdamState,
  learningRate: number,
  {
    betas: [beta1, beta2] = DEFAULT_BETAS,
    inPlace = false,
  }: { readonly betas?: Betas; readonly inPlace?: boolean } = {},
): { parameters: Parameters; state: AdamState } {
  const step = state.step + 1;
  const moved: Record<string, FloatTensor> = {};
  const [m, v]: [typeof moved, typeof moved] = [{}, {}];
  const rates = { beta1, beta2, first: 1 - beta1 ** step, second: 1 - beta2 ** step, learningRate };
  for (const [name, theta] of Object.entries(parameters)) {
    const [g, oldM, oldV] = [gradients[name], state.m[name], state.v[name]];
    if (!g || !oldM || !oldV || g.data.length !== theta.data.length)
      throw new RangeError(`Adam: gradient or state of ${name} [${theta.shape}] is missing`);
    const next = (tensor: FloatTensor) => (inPlace ? tensor : floatTensor(theta.shape));
    const [newTheta, newM, newV] = [next(theta), next(oldM), next(oldV)];
    const old = { theta: theta.data, m: oldM.data, v: oldV.data };
    move(old, { theta: newTheta.data, m: newM.data, v: newV.data }, g.data, rates);
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

/** Of one parameter. */
interface Moments {
  readonly theta: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/**
 * From θ and its moments to the next, with the corrections of both moments in the step's size and ε (the paper's section 2): the
 * loop over all weights that a training step spends its host time in.
 */
function move(old: Moments, next: Moments, g: Float32Array, rates: Rates): void {
  const { beta1, beta2, learningRate } = rates;
  const root = Math.sqrt(rates.second);
  const [size, epsilon] = [(learningRate / rates.first) * root, EPSILON * root];
  const { theta, m, v } = old;
  const { theta: nextTheta, m: nextM, v: nextV } = next;
  for (let i = 0; i < g.length; i += 1) {
    const gi = g[i] as number;
    const mi = beta1 * (m[i] as number) + (1 - beta1) * gi;
    const vi = beta2 * (v[i] as number) + (1 - beta2) * gi * gi;
    nextM[i] = mi;
    nextV[i] = vi;
    nextTheta[i] = (theta[i] as number) - (size * mi) / (Math.sqrt(vi) + epsilon);
  }
}
