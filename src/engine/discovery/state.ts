import type { DiscoveryConfig } from '../contract.js';
import { type DiffusionModel, seenShape } from '../diffusion/model.js';
import { STREAMS } from '../diffusion/random.js';
import { EngineError } from '../errors.js';
import { copyOf, type FloatTensor, floatTensor } from '../graph/tensor.js';
import { type AdamState, adamStart } from '../learning/adam.js';
import { initialise, mapped, type ParameterSpecs, type Parameters } from '../learning/parameters.js';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import { discriminatorSpecs, initialSpectral, spectralSpecs } from './discriminator.js';
import type { Pairs } from './objective.js';
import { reconstructorSpecs } from './reconstructor.js';
import { rowsOf, stack } from './replay.js';

const FORMAT = 'azimuth-training-1';

/** Parameters with the optimiser that moves them. */
export interface Learner {
  readonly parameters: Parameters;
  readonly adam: AdamState;
}

/** Everything that a training is between two steps; random numbers depend on seed and step alone. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  /** φ of the shift control module, under the name `phi`. */
  readonly shift: Learner;
  readonly reconstructor: Learner;
  /** Moving average of θ_R: what directions are judged by. */
  readonly judge: Parameters;
  readonly discriminator: Learner | null;
  readonly spectral: Parameters;
  readonly recent: readonly Pairs[];
}

export interface NetworkSpecs {
  readonly reconstructor: ParameterSpecs;
  readonly discriminator: ParameterSpecs | null;
}

export function networkSpecs(model: DiffusionModel, config: DiscoveryConfig): NetworkSpecs {
  const [channels, height, width] = seenShape(model);
  const resolution = Math.min(height, width);
  return {
    reconstructor: reconstructorSpecs(channels, resolution, config.directions),
    discriminator:
      config.method === 'LEARNED' && config.adversarialWeight > 0 ? discriminatorSpecs(channels, resolution) : null,
  };
}

function learner(parameters: Parameters): Learner {
  return { parameters, adam: adamStart(parameters) };
}

/** The state before the first step; weights of R and D lie where `placed` puts them. */
export function initialState(
  specs: NetworkSpecs,
  phi: FloatTensor,
  seed: number,
  placed = (weights: FloatTensor): FloatTensor => weights,
): TrainingState {
  const key = { seed, stream: STREAMS.parameters, step: 0 };
  const start = (network: ParameterSpecs, first: number) => mapped(initialise(network, key, first), placed);
  const discriminator = specs.discriminator && learner(start(specs.discriminator, 2000));
  const reconstructor = start(specs.reconstructor, 1000);
  const random = specs.discriminator ? initialise(spectralSpecs(specs.discriminator), key, 3000) : {};
  return {
    step: 0,
    shift: learner({ phi }),
    reconstructor: learner(reconstructor),
    judge: mapped(reconstructor, copyOf),
    discriminator,
    spectral: discriminator ? initialSpectral(discriminator.parameters, random) : {},
    recent: [],
  };
}

/** What must not change between a checkpoint and its resumption. */
function fingerprint(config: DiscoveryConfig): string {
  const { trainingSteps: _steps, checkpointEvery: _checkpoint, previewEvery: _preview, ...rest } = config;
  return JSON.stringify(Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** As bytes, exactly. */
export function encodeState(state: TrainingState, config: DiscoveryConfig): Uint8Array {
  const tensors = new Map<string, FloatTensor>();
  const put = (prefix: string, parameters: Parameters) => {
    for (const [name, tensor] of Object.entries(parameters)) tensors.set(`${prefix}/${name}`, tensor);
  };
  const adamSteps: Record<string, number> = {};
  for (const [name, part] of Object.entries({
    shift: state.shift,
    reconstructor: state.reconstructor,
    discriminator: state.discriminator,
  })) {
    if (!part) continue;
    put(name, part.parameters);
    put(`${name}.m`, part.adam.m);
    put(`${name}.v`, part.adam.v);
    adamSteps[name] = part.adam.step;
  }
  put('judge', state.judge);
  put('spectral', state.spectral);
  if (state.recent.length > 0) put('recent', encodePairs(state.recent));
  const metadata = {
    format: FORMAT,
    step: String(state.step),
    config: fingerprint(config),
    adamSteps: JSON.stringify(adamSteps),
  };
  return writeSafetensors({ tensors, metadata });
}

function encodePairs(recent: readonly Pairs[]): Parameters {
  const numbers = (values: number[]) => floatTensor([values.length], Float32Array.from(values));
  return {
    x: stack(recent.map(({ x }) => x)),
    shifted: stack(recent.map(({ shifted }) => shifted)),
    directions: numbers(recent.flatMap(({ directions }) => directions)),
    strengths: numbers(recent.flatMap(({ strengths }) => strengths)),
  };
}

/** Reads {@link encodeState}'s bytes. Throws BAD_USER_INPUT if they belong to another configuration, MODEL_INVALID if damaged. */
export function decodeState(bytes: Uint8Array, config: DiscoveryConfig): TrainingState {
  const { tensors, metadata } = readSafetensors(bytes, 'training checkpoint');
  if (metadata['format'] !== FORMAT)
    throw new EngineError('MODEL_INVALID', `training checkpoint: expected ${FORMAT}, got ${metadata['format']}.`);
  if (metadata['config'] !== fingerprint(config)) {
    throw new EngineError(
      'BAD_USER_INPUT',
      `training checkpoint: made with ${metadata['config']}, resumed with ${fingerprint(config)}.`,
    );
  }
  const get = (prefix: string): Parameters =>
    Object.fromEntries(
      [...tensors]
        .filter(([name]) => name.startsWith(`${prefix}/`))
        .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
    );
  const adamSteps = JSON.parse(metadata['adamSteps'] ?? '{}') as Record<string, number>;
  const part = (name: string): Learner => ({
    parameters: get(name),
    adam: { step: adamSteps[name] ?? 0, m: get(`${name}.m`), v: get(`${name}.v`) },
  });
  const reconstructor = part('reconstructor');
  // Checkpoints from before there was an average: it begins with the weights as they are.
  const judge = { ...reconstructor.parameters, ...get('judge') };
  return {
    step: Number(metadata['step']),
    shift: part('shift'),
    reconstructor,
    judge,
    discriminator: 'discriminator' in adamSteps ? part('discriminator') : null,
    spectral: get('spectral'),
    recent: decodePairs(get('recent'), config.batchSize),
  };
}

function decodePairs({ x, shifted, directions, strengths }: Parameters, batch: number): Pairs[] {
  if (!x || !shifted || !directions || !strengths) return [];
  return Array.from({ length: directions.data.length / batch }, (_, index) => ({
    x: rowsOf(x, index * batch, batch),
    shifted: rowsOf(shifted, index * batch, batch),
    directions: Array.from(directions.data.subarray(index * batch, (index + 1) * batch)),
    strengths: Array.from(strengths.data.subarray(index * batch, (index + 1) * batch)),
  }));
}
