import { STREAMS } from '../diffusion/random.js';
import { EngineError } from '../errors.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { type AdamState, adamStart } from '../learning/adam.js';
import { initialise, type ParameterSpecs, type Parameters } from '../learning/parameters.js';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import type { PretrainingConfig } from './config.js';

const FORMAT = 'azimuth-pretraining-1';
const WHERE = 'pretraining checkpoint';
/** Samples of the stream below this one are the batches'. */
const FIRST_WEIGHT = 1000;

/** Everything that a pretraining is between two steps; random numbers depend on seed and step alone. */
export interface PretrainingState {
  /** Steps done. */
  readonly step: number;
  readonly parameters: Parameters;
  readonly adam: AdamState;
  /** Moving average of the parameters: what samples are drawn from, and what is written. */
  readonly ema: Parameters;
  /** The loss of each step done. */
  readonly losses: Float32Array;
}

/** The state before the first step. */
export function initialState(specs: ParameterSpecs, seed: number): PretrainingState {
  const key = { seed, stream: STREAMS.pretraining, step: 0 };
  const parameters = initialise(specs, key, FIRST_WEIGHT);
  return { step: 0, parameters, adam: adamStart(parameters), ema: parameters, losses: new Float32Array() };
}

/** What must not change between a checkpoint and its resumption. */
function fingerprint({ checkpointEvery: _, ...config }: PretrainingConfig): string {
  return JSON.stringify(Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** As bytes, exactly. */
export function encodeState(state: PretrainingState, config: PretrainingConfig): Uint8Array {
  const { parameters, adam, ema, losses } = state;
  const tensors = new Map<string, FloatTensor>([['losses', floatTensor([losses.length], losses)]]);
  for (const [prefix, part] of Object.entries({ parameters, m: adam.m, v: adam.v, ema }))
    for (const [name, tensor] of Object.entries(part)) tensors.set(`${prefix}/${name}`, tensor);
  return writeSafetensors({
    tensors,
    metadata: { format: FORMAT, step: String(state.step), config: fingerprint(config) },
  });
}

/** Reads {@link encodeState}'s bytes. Throws BAD_USER_INPUT if they belong to another configuration, MODEL_INVALID if damaged. */
export function decodeState(bytes: Uint8Array, config: PretrainingConfig, specs: ParameterSpecs): PretrainingState {
  const { tensors, metadata } = readSafetensors(bytes, WHERE);
  if (metadata['format'] !== FORMAT)
    throw new EngineError('MODEL_INVALID', `${WHERE}: expected ${FORMAT}, got ${metadata['format']}.`);
  if (metadata['config'] !== fingerprint(config)) {
    throw new EngineError(
      'BAD_USER_INPUT',
      `${WHERE}: made with ${metadata['config']}, resumed with ${fingerprint(config)}.`,
    );
  }
  const take = (name: string): FloatTensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw new EngineError('MODEL_INVALID', `${WHERE}: ${name} is missing.`);
    return tensor;
  };
  const part = (prefix: string): Parameters =>
    Object.fromEntries(Object.keys(specs).map((name) => [name, take(`${prefix}/${name}`)]));
  const step = Number(metadata['step']);
  return {
    step,
    parameters: part('parameters'),
    adam: { step, m: part('m'), v: part('v') },
    ema: part('ema'),
    losses: take('losses').data,
  };
}
